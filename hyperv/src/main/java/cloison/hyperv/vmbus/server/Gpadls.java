package cloison.hyperv.vmbus.server;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.protocol.GuestMessage.GpadlBody;
import cloison.hyperv.vmbus.protocol.GuestMessage.GpadlHeader;
import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The pages that a guest shares over one connection.
///
/// How many pages a GPADL has follows from its byte count and offset alone. They are counted against the
/// partition's limit as soon as they are promised.
///
/// **Owner:** the bus.
final class Gpadls {
    /// A GPADL, finished or not.
    static final class Gpadl {
        final int id;
        final int relid;
        final int pageCount;
        private final long byteCount;
        private final int byteOffset;
        private long[] pfns;
        private int known;
        private @Nullable GuestPages pages;

        private Gpadl(GpadlHeader header, int pageCount) {
            id = header.gpadl();
            relid = header.relid();
            byteCount = header.byteCount();
            byteOffset = (int) header.byteOffset();
            this.pageCount = pageCount;
            pfns = new long[pageCount];
        }

        private boolean add(long[] more) {
            int taken = Math.min(more.length, pageCount - known);
            System.arraycopy(more, 0, pfns, known, taken);
            known += taken;
            return known == pageCount;
        }

        /// {@return the pages, or null as long as some are missing}
        @Nullable
        GuestPages pages() {
            return pages;
        }

        /// {@return the pages as a device gets them, or null as long as some are missing}
        @Nullable
        GuestBuffer buffer() {
            return pages == null ? null : new GuestBuffer(pages, byteOffset, byteCount);
        }

        /// {@return whether the GPADL is whole pages from the first byte on, as rings are}
        boolean wholePages() {
            return byteOffset == 0 && byteCount == (long) pageCount * GuestMemory.PAGE_SIZE;
        }
    }

    /// What became of a message.
    sealed interface Outcome {
        /// More messages must follow.
        record Unfinished() implements Outcome {}

        /// All pages are known and are RAM.
        record Shared(Gpadl gpadl) implements Outcome {}

        /// The GPADL does not exist.
        record Refused(int relid, int id, String why) implements Outcome {}

        /// The message belongs to no GPADL.
        record Astray(String why) implements Outcome {}
    }

    private static final Outcome UNFINISHED = new Outcome.Unfinished();

    private final GuestMemory memory;
    private final VmbusLimits limits;
    private final Map<Integer, Gpadl> gpadls = new HashMap<>();
    private int promisedPages;

    Gpadls(GuestMemory memory, VmbusLimits limits) {
        this.memory = memory;
        this.limits = limits;
    }

    int count() {
        return gpadls.size();
    }

    int pages() {
        return promisedPages;
    }

    /// {@return the GPADL with this id that belongs to channel `relid`, or null}
    @Nullable
    Gpadl find(int relid, int id) {
        Gpadl gpadl = gpadls.get(id);
        return gpadl != null && gpadl.relid == relid ? gpadl : null;
    }

    /// Begins a GPADL.
    Outcome begin(GpadlHeader header) {
        long pageCount =
                (header.byteOffset() + header.byteCount() + GuestMemory.PAGE_SIZE - 1) >>> GuestMemory.PAGE_SHIFT;
        if (header.ranges() != 1) {
            return refused(header, "has not one range but " + header.ranges());
        }
        if (header.gpadl() == 0 || gpadls.containsKey(header.gpadl())) {
            return refused(header, "has an id that cannot be or is in use");
        }
        if (header.byteCount() == 0 || header.byteOffset() >= GuestMemory.PAGE_SIZE) {
            return refused(header, "has no bytes or begins behind its first page");
        }
        if (gpadls.size() >= limits.gpadls() || pageCount > limits.gpadlPages() - promisedPages) {
            return refused(header, "of %d pages is more than the partition may share".formatted(pageCount));
        }
        Gpadl gpadl = new Gpadl(header, (int) pageCount);
        gpadls.put(gpadl.id, gpadl);
        promisedPages += gpadl.pageCount;
        return gpadl.add(header.pfns()) ? finish(gpadl) : UNFINISHED;
    }

    /// Goes on with a GPADL.
    Outcome go(GpadlBody body) {
        Gpadl gpadl = gpadls.get(body.gpadl());
        if (gpadl == null || gpadl.pages != null) {
            return new Outcome.Astray("pages of GPADL 0x%x, which expects none".formatted(body.gpadl()));
        }
        return gpadl.add(body.pfns()) ? finish(gpadl) : UNFINISHED;
    }

    private Outcome finish(Gpadl gpadl) {
        gpadl.pages = memory.pages(gpadl.pfns);
        gpadl.pfns = new long[0];
        if (gpadl.pages == null) {
            remove(gpadl);
            return new Outcome.Refused(gpadl.relid, gpadl.id, "names pages that are not RAM");
        }
        return new Outcome.Shared(gpadl);
    }

    private static Outcome refused(GpadlHeader header, String why) {
        return new Outcome.Refused(header.relid(), header.gpadl(), why);
    }

    void remove(Gpadl gpadl) {
        if (gpadls.remove(gpadl.id, gpadl)) {
            promisedPages -= gpadl.pageCount;
        }
    }

    /// Removes all GPADLs of channel `relid`.
    void removeAll(int relid) {
        gpadls.values().removeIf(gpadl -> {
            if (gpadl.relid == relid) {
                promisedPages -= gpadl.pageCount;
                return true;
            }
            return false;
        });
    }
}

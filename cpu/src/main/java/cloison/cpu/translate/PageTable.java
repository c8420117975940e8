package cloison.cpu.translate;

import cloison.cpu.interpret.Cpu;
import cloison.cpu.mmu.Mirror;
import cloison.cpu.state.GuestFault;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// All pages of translated code of one processor, found by linear address, place and mode; and what must be forgotten
/// when translations or bytes change.
///
/// Inside a page, jumps are linked for good. Jumps to another page are linked in supervisor code only, so that changing
/// the address space costs little: there, what a linear address means is verified when it may have changed. User code
/// goes through the jump cache instead, which is emptied.
///
/// **Owner:** the thread that runs the processor.
final class PageTable {
    private static final int BUCKETS = 1 << 12;

    private final Cpu cpu;
    private final StateBlock state;
    private final CodeCache cache;
    private final @Nullable TranslatedPage[] buckets = new TranslatedPage[BUCKETS];
    private long dropped;
    /// Pages of supervisor code that mean something else in another address space.
    private int locals;

    PageTable(Cpu cpu, StateBlock state, CodeCache cache) {
        this.cpu = cpu;
        this.state = state;
        this.cache = cache;
    }

    /// {@return a number that changes whenever something is dropped}
    long dropped() {
        return dropped;
    }

    private static int bucket(long linear) {
        return (int) ((linear >>> 12) * 0x9E37_79B1L >>> 16) & BUCKETS - 1;
    }

    /// {@return the page, or null}
    ///
    /// @param second as in [TranslatedPage]
    @Nullable
    TranslatedPage find(long linear, long place, int mode, long second) {
        for (TranslatedPage page = buckets[bucket(linear)]; page != null; page = page.bucket) {
            if (page.linear == linear && page.place == place && page.mode == mode && page.second == second) {
                return page;
            }
        }
        return null;
    }

    /// {@return a page at a linear address, whatever is there now, or null}
    @Nullable
    TranslatedPage find(long linear, int mode) {
        for (TranslatedPage page = buckets[bucket(linear)]; page != null; page = page.bucket) {
            if (page.linear == linear && page.mode == mode && page.second == TranslatedPage.NONE) {
                return page;
            }
        }
        return null;
    }

    private static boolean local(TranslatedPage page) {
        return !page.global && Mode.kind(page.mode) != Mirror.USER;
    }

    void add(TranslatedPage page) {
        if (local(page)) {
            locals++;
        }
        int at = bucket(page.linear);
        page.bucket = buckets[at];
        buckets[at] = page;
    }

    /// Forgets everything.
    void clear() {
        Arrays.fill(buckets, null);
        locals = 0;
        for (int mode = 0; mode < Mode.COUNT; mode++) {
            state.clearJumps(mode);
        }
        dropped++;
    }

    /// What makes a page's translation wrong.
    private interface Doubt {
        boolean wrong(TranslatedPage page);
    }

    /// Code was stored to.
    void verifyVersions() {
        dropIf(page -> cpu.mmu.codeVersion(page.place) != page.version
                || page.second != TranslatedPage.NONE && cpu.mmu.codeVersion(page.second) != page.secondVersion);
    }

    /// Another address space: all but global translations may be others.
    void rootLoaded() {
        if (locals != 0) {
            dropIf(page -> local(page) && moved(page));
        }
        clearUserJumps();
    }

    /// All translations may be others.
    void allForgotten() {
        dropIf(this::moved);
        clearUserJumps();
    }

    /// The translation of one page may be another.
    void pageForgotten(long linear) {
        if (linear < 0) {
            // whole large pages may be meant
            dropIf(page -> (page.linear ^ linear) >>> 30 == 0 && moved(page));
        }
        clearUserJumps();
    }

    private void clearUserJumps() {
        for (int mode = 0; mode < Mode.COUNT; mode++) {
            if (Mode.kind(mode) == Mirror.USER) {
                state.clearJumps(mode);
            }
        }
    }

    /// {@return whether the linear address of a page of supervisor code does not mean its place any more}
    private boolean moved(TranslatedPage page) {
        if (Mode.kind(page.mode) == Mirror.USER) {
            return false;
        }
        try {
            return cpu.mmu.fetch(page.linear) != page.place
                    || page.second != TranslatedPage.NONE && cpu.mmu.fetch(page.linear + 4096) != page.second;
        } catch (GuestFault _) {
            return true;
        }
    }

    private void dropIf(Doubt doubt) {
        for (int i = 0; i < BUCKETS; i++) {
            TranslatedPage before = null;
            for (TranslatedPage page = buckets[i]; page != null; page = page.bucket) {
                if (!doubt.wrong(page)) {
                    before = page;
                    continue;
                }
                if (before == null) {
                    buckets[i] = page.bucket;
                } else {
                    before.bucket = page.bucket;
                }
                drop(page);
            }
        }
    }

    /// Forgets one block, so that its code is reached no more and it is translated anew.
    void retire(TranslatedBlock block) {
        unlink(block);
        block.page.remove(block);
        state.leaveJump(block.page.mode, block.rip, block.indirect);
    }

    /// Forgets all blocks of a page, which is then translated anew.
    void renew(TranslatedPage page) {
        forgetBlocks(page);
        state.clearJumps(page.mode);
    }

    private void unlink(TranslatedBlock block) {
        for (Site site : block.links) {
            cache.patch(site.patch, site.stub);
        }
        block.links.clear();
    }

    private void forgetBlocks(TranslatedPage page) {
        for (TranslatedBlock block : page.blocks()) {
            if (block != null) {
                unlink(block);
            }
        }
        page.clear();
    }

    private void drop(TranslatedPage page) {
        if (local(page)) {
            locals--;
        }
        forgetBlocks(page);
        state.clearJumps(page.mode);
        dropped++;
    }
}

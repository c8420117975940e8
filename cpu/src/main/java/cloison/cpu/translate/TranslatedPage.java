package cloison.cpu.translate;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A page of guest code under one linear address and mode, and the blocks made from it.
///
/// An instruction that reaches into the next page is a block of its own, in a page of its own that knows of the next
/// one too ([#second]).
///
/// **Owner:** the thread that runs the processor.
final class TranslatedPage {
    static final long NONE = -1;

    /// The longest interval between two samples of hot code: guests' kernels interrupt programs 100 to 1000 times a
    /// second.
    private static final long LONGEST_INTERVAL = 15_000_000;

    private static final int MULTIPLIER = 0x9E37_79B1;

    final long linear;
    /// Store offset.
    final long place;

    /// As [Mode] numbers them.
    final int mode;
    /// Version of the page when its first block was made.
    final int version;

    /// Store offset of the next page, or [#NONE].
    final long second;
    /// Version of the next page.
    final int secondVersion;

    boolean global;

    /// Whether its code is executed so much that accesses get [Slots].
    boolean hot;

    // how often it was found executing in short intervals, and when, in the host's nanoseconds
    private int samples;
    private long sampledAt;

    /// The next in its bucket.
    @Nullable
    TranslatedPage bucket;

    /// Blocks whose accesses have a check each, found when a window was in two pages.
    private @Nullable Map<Long, TranslatedBlock> alone;
    /// Addresses of blocks that are always so, and of instructions whose accesses wander over many pages.
    private @Nullable Set<Long> narrow;

    private @Nullable Set<Long> wanderers;
    /// Addresses of instructions whose accesses often lie in two pages.
    private @Nullable Set<Long> split;

    // open hashing by offset in the page
    private @Nullable TranslatedBlock[] blocks = new TranslatedBlock[16];
    private int count;

    TranslatedPage(long linear, long place, int mode, int version) {
        this(linear, place, mode, version, NONE, 0);
    }

    TranslatedPage(long linear, long place, int mode, int version, long second, int secondVersion) {
        this.linear = linear;
        this.place = place;
        this.mode = mode;
        this.version = version;
        this.second = second;
        this.secondVersion = secondVersion;
    }

    /// {@return the block that begins at `rip`, or null}
    @Nullable
    TranslatedBlock find(long rip) {
        @Nullable TranslatedBlock[] table = blocks;
        for (int i = slot(rip, table); ; i = i + 1 & table.length - 1) {
            TranslatedBlock block = table[i];
            if (block == null || block.rip == rip) {
                return block;
            }
        }
    }

    void add(TranslatedBlock block) {
        if (2 * ++count > blocks.length) {
            @Nullable TranslatedBlock[] old = blocks;
            blocks = new TranslatedBlock[2 * old.length];
            for (TranslatedBlock each : old) {
                if (each != null) {
                    put(each);
                }
            }
        }
        put(block);
    }

    private void put(TranslatedBlock block) {
        int i = slot(block.rip, blocks);
        while (blocks[i] != null) {
            i = i + 1 & blocks.length - 1;
        }
        blocks[i] = block;
    }

    private static int slot(long rip, @Nullable TranslatedBlock[] table) {
        return ((int) rip & 4095) * MULTIPLIER >>> 16 & table.length - 1;
    }

    /// Notes that its code is being executed; {@return whether that makes it hot}
    ///
    /// @param enough how often that must happen in short intervals
    boolean sample(int enough) {
        long now = System.nanoTime();
        samples = now - sampledAt < LONGEST_INTERVAL ? samples + 1 : 1;
        sampledAt = now;
        if (hot || samples < enough) {
            return false;
        }
        hot = true;
        return true;
    }

    /// Forgets a block.
    void remove(TranslatedBlock block) {
        if (alone != null) {
            alone.remove(block.rip, block);
        }
        @Nullable TranslatedBlock[] old = blocks;
        blocks = new TranslatedBlock[old.length];
        for (TranslatedBlock each : old) {
            if (each == block) {
                count--;
            } else if (each != null) {
                put(each);
            }
        }
    }

    /// {@return the block at `rip` whose accesses have a check each, or null}
    @Nullable
    TranslatedBlock alone(long rip) {
        return alone == null ? null : alone.get(rip);
    }

    void addAlone(TranslatedBlock block) {
        if (alone == null) {
            alone = new HashMap<>();
        }
        alone.put(block.rip, block);
    }

    /// Makes the next block at `rip` one whose accesses have a check each.
    void narrow(long rip) {
        if (narrow == null) {
            narrow = new HashSet<>();
        }
        narrow.add(rip);
    }

    /// {@return whether accesses of the block at `rip` have a check each}
    boolean narrows(long rip) {
        return narrow != null && narrow.contains(rip);
    }

    /// Makes the next translation of the instruction at `rip` one for accesses to many pages.
    void wander(long rip) {
        if (wanderers == null) {
            wanderers = new HashSet<>();
        }
        wanderers.add(rip);
    }

    /// {@return whether accesses of the instruction at `rip` go to many pages}
    boolean wanders(long rip) {
        return wanderers != null && wanderers.contains(rip);
    }

    /// Makes the next translation of the instruction at `rip` one for accesses in two pages.
    void split(long rip) {
        if (split == null) {
            split = new HashSet<>();
        }
        split.add(rip);
    }

    /// {@return whether accesses of the instruction at `rip` often lie in two pages}
    boolean splits(long rip) {
        return split != null && split.contains(rip);
    }

    /// {@return its blocks, with gaps; those with a check for each access are not among them}
    @Nullable
    TranslatedBlock[] blocks() {
        return blocks;
    }

    /// Forgets its blocks.
    void clear() {
        Arrays.fill(blocks, null);
        count = 0;
        alone = null;
    }
}

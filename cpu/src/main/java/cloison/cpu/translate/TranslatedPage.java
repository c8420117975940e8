package cloison.cpu.translate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A page of guest code under one linear address and mode, and the blocks made from it.
///
/// An instruction that reaches into the next page is a block of its own, in a page of its own that knows of the next
/// one too ([#second]).
///
/// **Owner:** the thread that runs the processor.
final class TranslatedPage {
    /// Added to the kind of translation to give the mode in which vector instructions fault.
    static final int VECTORLESS = 3;

    static final long NONE = -1;

    private static final int MULTIPLIER = 0x9E37_79B1;

    final long linear;
    /// Store offset.
    final long place;

    final int mode;
    /// Version of the page when its first block was made.
    final int version;

    /// Store offset of the next page, or [#NONE].
    final long second;
    /// Version of the next page.
    final int secondVersion;

    boolean global;

    /// The next in its bucket.
    @Nullable
    TranslatedPage bucket;

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

    /// {@return its blocks, with gaps}
    @Nullable
    TranslatedBlock[] blocks() {
        return blocks;
    }

    /// Forgets its blocks.
    void clear() {
        Arrays.fill(blocks, null);
        count = 0;
    }
}

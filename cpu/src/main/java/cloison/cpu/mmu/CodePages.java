package cloison.cpu.mmu;

import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.MemoryListener;
import cloison.machine.processor.Invalidation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// Which pages of the store hold code that some processor of the partition has cached, and since when.
///
/// Per page there is a bit for each 64 bytes that a cached block was made from, and a version. Who makes a block first
/// marks ([#mark]), then reads the version, then reads the bytes; who stores into marked bytes clears the marks and
/// raises the version ([#invalidate]) *after* storing. A block whose version is not the page's is stale.
///
/// No processor's translations may hold a page for writing once the page is marked. Because a processor that fills
/// such a translation first names itself in `writers` and then looks for marks, while one that marks does so first
/// and then looks for writers, one of the two sees the other. The writers are asked to drop their entries, and all
/// processors are stopped for a moment so that they do it before they store again.
///
/// **Owner:** any thread.
public final class CodePages implements MemoryListener {
    /// A processor that caches code or translations.
    public interface Watcher {
        /// From any thread: code was stored to; check cached blocks before the next one runs.
        void codeChanged();

        /// From any thread: a page became code; drop translations that allow stores to code.
        void codeAppeared();

        /// From any thread: another processor wants to be alone; pause before the next block.
        void pauseWanted();

        /// From any thread: guest-physical pages moved; drop all translations.
        void mappingChanged();

        /// From any thread: drop translations before the next block; {@return the number to ask [#hasForgotten] for}
        long forgetSoon(Invalidation what);

        /// {@return whether what was asked for under `number` is forgotten, or will be before anything is executed}
        boolean hasForgotten(long number);

        /// On the processor's own thread, in the middle of an instruction that has no access under way: does what
        /// others wait for.
        void serveOthers();
    }

    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int CHUNK_SHIFT = 6;

    // in native memory, where emitted code looks too: a long and an int for each page of the store
    private final MemorySegment marks;
    private final MemorySegment writers;
    private final int[] versions;
    private volatile Watcher[] watchers = {};
    private final Exclusion exclusion = new Exclusion();

    /// For each processor, the numbers under which it asked the others.
    private volatile long[][] tickets = {};

    /// Knows of no code in `memory` yet.
    public CodePages(GuestMemory memory) {
        int pages = Math.toIntExact(memory.store().byteSize() + GuestMemory.PAGE_SIZE - 1 >>> GuestMemory.PAGE_SHIFT);
        marks = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG, pages);
        writers = Arena.ofAuto().allocate(ValueLayout.JAVA_INT, pages);
        versions = new int[pages];
    }

    /// Adds a processor; {@return its number among the watchers}
    public synchronized int add(Watcher watcher) {
        Watcher[] more = Arrays.copyOf(watchers, watchers.length + 1);
        more[watchers.length] = watcher;
        watchers = more;
        tickets = new long[more.length][more.length];
        return more.length - 1;
    }

    /// {@return how many processors there are}
    public int processors() {
        return watchers.length;
    }

    private static int page(long offset) {
        return (int) (offset >>> GuestMemory.PAGE_SHIFT);
    }

    /// {@return the bits of the chunks that hold `length` bytes from `offset` on, which lie in one page}
    private static long chunks(long offset, int length) {
        int first = (int) (offset >>> CHUNK_SHIFT) & 63;
        int last = (int) (offset + length - 1 >>> CHUNK_SHIFT) & 63;
        return (-1L << first) & (-1L >>> (63 - last));
    }

    /// {@return the bit of `processor` among the writers of a page}
    static int bit(int processor) {
        return 1 << (processor & 31);
    }

    /// {@return host address of the marks: a long for each page of the store, not 0 if code is cached from it}
    long marks() {
        return marks.address();
    }

    /// {@return host address of the writers: an int of [#bit]s for each page of the store}
    long writers() {
        return writers.address();
    }

    /// {@return whether any code is cached from the page}
    boolean any(long offset) {
        return (long) LONG.getVolatile(marks, 8L * page(offset)) != 0;
    }

    /// {@return whether code is cached from these bytes of one page}
    boolean holds(long offset, int length) {
        return ((long) LONG.getVolatile(marks, 8L * page(offset)) & chunks(offset, length)) != 0;
    }

    /// Names `processor` as one that may hold the page for writing; to be called before asking [#any].
    void writes(long offset, int processor) {
        long at = 4L * page(offset);
        if (((int) INT.getOpaque(writers, at) & bit(processor)) == 0) {
            INT.getAndBitwiseOr(writers, at, bit(processor));
        }
    }

    /// {@return whether `processor`, which asks, may hold the page for writing; if not, it may be about to drop what it
    /// holds}
    boolean written(long offset, int processor) {
        return ((int) INT.getVolatile(writers, 4L * page(offset)) & bit(processor)) != 0;
    }

    /// Marks `length` bytes of one page, from which `processor`, which is executing, is about to make a block.
    ///
    /// @return the page's version, to be read by nobody else before the bytes are read
    int mark(long offset, int length, int processor) {
        int page = page(offset);
        long bits = chunks(offset, length);
        int version;
        do {
            long old = (long) LONG.getAndBitwiseOr(marks, 8L * page, bits);
            if (old == 0) {
                int others = (int) INT.getAndSet(writers, 4L * page, 0) & ~bit(processor);
                if (others != 0) {
                    Watcher[] all = watchers;
                    for (int i = 0; i < all.length; i++) {
                        if (i != processor && (others & bit(i)) != 0) {
                            all[i].codeAppeared();
                        }
                    }
                    // who stores there now, stores before the bytes are read; who goes on, drops its entry first
                    enterExclusive(processor);
                    leaveExclusive();
                }
            }
            version = version(offset);
        } while (((long) LONG.getVolatile(marks, 8L * page) & bits) != bits);
        return version;
    }

    /// {@return the version of the page at `offset`}
    public int version(long offset) {
        return (int) INTS.getVolatile(versions, page(offset));
    }

    /// Forgets the marks of the page at `offset`, which was stored to, and tells everybody.
    void invalidate(long offset) {
        LONG.setVolatile(marks, 8L * page(offset), 0L);
        INTS.getAndAdd(versions, page(offset), 1);
        for (Watcher watcher : watchers) {
            watcher.codeChanged();
        }
    }

    /// {@return who executes}
    public Exclusion exclusion() {
        return exclusion;
    }

    /// Waits until no other processor executes, and keeps it so until [#leaveExclusive].
    void enterExclusive(int processor) {
        if (watchers.length > 1) {
            exclusion.enter(() -> {
                Watcher[] all = watchers;
                for (int i = 0; i < all.length; i++) {
                    if (i != processor) {
                        all[i].pauseWanted();
                    }
                }
            });
        }
    }

    void leaveExclusive() {
        if (watchers.length > 1) {
            exclusion.leave();
        }
    }

    /// Makes processors forget translations, on the thread of `processor` in the middle of an instruction that has no
    /// access under way; when it returns, none of them uses one any more.
    ///
    /// @param of bits of the processors, 64 a word
    public void forget(int processor, long[] of, Invalidation what) {
        Watcher[] all = watchers;
        long[] numbers = tickets[processor];
        for (int i = 0; i < all.length; i++) {
            numbers[i] = among(of, i) ? all[i].forgetSoon(what) : 0;
        }
        all[processor].serveOthers();
        for (int i = 0; i < all.length; i++) {
            for (int turn = 0; numbers[i] != 0 && !all[i].hasForgotten(numbers[i]); turn++) {
                all[processor].serveOthers();
                Exclusion.relax(turn);
            }
        }
    }

    private static boolean among(long[] bits, int number) {
        int word = number / Long.SIZE;
        return word < bits.length && (bits[word] >>> number & 1) != 0;
    }

    @Override
    public void mappingChanged() {
        for (Watcher watcher : watchers) {
            watcher.mappingChanged();
        }
    }

    @Override
    public void stored(long offset, long length) {
        long at = offset;
        long left = length;
        while (left > 0) {
            int chunk = (int) Math.min(left, GuestMemory.PAGE_SIZE - (at & GuestMemory.PAGE_SIZE - 1));
            if (holds(at, chunk)) {
                invalidate(at);
            }
            at += chunk;
            left -= chunk;
        }
    }
}

package cloison.cpu.translate;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import cloison.cpu.interpret.Segmentation;
import cloison.cpu.mmu.Mirror;
import cloison.cpu.mmu.Refills;
import cloison.cpu.state.CpuState;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// What emitted code finds around its stack pointer: the guest's registers, translations, and where to jump.
///
/// Displacements are from RSP, which points at [#ORIGIN] of the segment. The double words below RSP are in the red
/// zone, which no signal frame overwrites (System V ABI, 3.2.2); the space below that is for signal frames.
///
/// ```text
///  ORIGIN-256K     -128        0            128      256        ...
///  +---------------+-----------+------------+--------+----------+--------------+------------+-----+---------+
///  | signal frames | hot words | RAX .. R15 | cold   | YMM0..15 | translations | jump cache | log | refills |
///  +---------------+-----------+------------+--------+----------+--------------+------------+-----+---------+
/// ```
///
/// **Owner:** the thread that runs the processor; [#ring] any thread.
@SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object, which is closed
final class StateBlock implements AutoCloseable {
    private static final int ORIGIN = 256 << 10;

    // hot words
    /// Where RCX is kept during a check.
    static final int KEEP_RCX = -0x08;
    /// A value on its way between two checks of one instruction.
    static final int VALUE = -0x10;
    static final int FS_BASE = -0x18;
    static final int GS_BASE = -0x20;
    /// Not 0: leave at the next chance.
    static final int ATTENTION = -0x28;
    /// Number of the [Site] through which code leaves, or would leave.
    static final int SITE = -0x30;
    /// Where the check of an access is, as a distance from the start of the code memory.
    static final int RETRY = -0x2C;
    /// Where the instruction is that works on a copy of what lies in two pages, as [#RETRY].
    static final int SPLIT_TARGET = -0x24;
    /// Bits of an address that are not its offset in the page.
    static final int PAGE_MASK = -0x38;
    /// Bits of an address that select its translation.
    static final int INDEX_MASK = -0x40;
    /// Bits of a target that select its entry in the jump cache; 0 when [#ATTENTION] is not.
    static final int JUMP_MASK = -0x48;
    /// Where to go on entry.
    static final int TARGET = -0x50;
    /// R14 and R15 when the code was left.
    static final int LEFT_R14 = -0x58;
    static final int LEFT_R15 = -0x60;

    /// IF, AC, DF, and the other bits of RFLAGS that are not status flags, each at its place.
    static final int INTERRUPT_FLAG = -0x68;

    static final int ACCESS_FLAG = -0x70;
    static final int OTHER_FLAGS = -0x78;
    /// Not 0: an interrupt waits for IF, or for IRET.
    static final int WAITING = -0x80;

    // registers
    static final int REGISTERS = 0;
    // cold words
    static final int HOST_RSP = 0x80;
    static final int HOST_MXCSR = 0x88;
    static final int MXCSR = 0x8C;
    /// SAHF's image in bits 8..15, OF in bit 0.
    static final int FLAGS = 0x90;
    /// Where the guest's x87 registers are: one of the next.
    static final int X87 = 0x98;

    static final int X87_LOADED = 0;
    static final int X87_IN_BLOCK = 1;
    static final int X87_IN_CPU = 2;
    /// What a signal notes: see `cloison.linux.signal.Fault`.
    static final int FAULT = 0xA0;

    static final int KERNEL_GS_BASE = 0xD8;
    /// Which of SYSCALL and SYSRET has loaded CS, SS and CPL since they were in the [Cpu]: 0, or one of the next.
    static final int CALLED = 0xE0;

    static final int BY_SYSCALL = 1;
    static final int BY_SYSRET = 2;
    /// The status flags' bits.
    static final int STATUS_MASK = 0xE8;
    /// A second value on its way.
    static final int SECOND = 0xF0;
    /// DF, as [#INTERRUPT_FLAG] has IF.
    static final int DIRECTION_FLAG = 0xF8;

    /// YMM registers, 32 bytes each, the upper halves only where there is AVX.
    static final int VECTORS = 0x100;
    /// ES, CS, SS, DS, FS, GS: four bytes each.
    static final int SELECTORS = 0x300;

    // of RefillCode
    /// The host's status flags, as [#FLAGS] has the guest's.
    static final int KEEP_FLAGS = 0x94;

    static final int KEEP_RAX = 0x318;
    /// The linear address of an access.
    static final int LINEAR = 0x320;
    /// From where code memory is executed to where it is written.
    static final int WRITABLE_DISTANCE = 0x328;
    /// Where in the log the next filled slot is noted, and the end of the log.
    static final int LOG_CURSOR = 0x330;

    static final int LOG_END = 0x338;

    // of LaneCode: the registers of a gather
    static final int LANES = 0x340;

    static final int LANE_INDICES = 0x360;
    static final int LANE_MASK = 0x380;

    // of X87Code
    /// FIP, unless the registers are in the Cpu.
    static final int X87_POINTER = 0x3A0;
    /// Where to go on when the registers are loaded.
    static final int X87_TARGET = 0x3A8;
    /// The bits of FCW that mask exceptions.
    static final int X87_MASKS = 0x3B0;
    /// What FNSAVE stores: SDM volume 1, 8.1.10. Its pointers are the host's.
    static final int X87_IMAGE = 0x3B8;

    /// Added to addresses that 32-bit code forms with FS and GS: 0, or [#BARRED].
    static final int FS_BAR = 0x428;

    static final int GS_BAR = 0x430;

    // of WalkCode
    static final int KEEP_RDX = 0x438;
    static final int KEEP_RBX = 0x440;

    // of SplitCode
    /// The last bytes of a page, and the first of the next.
    static final int SPLIT = 0x480;

    /// Where in the first page the operand begins, and where the second page is.
    static final int SPLIT_FIRST = 0x4C0;

    static final int SPLIT_SECOND = 0x4C8;
    /// How many bytes of the operand are in the first page, and the same less than 0.
    static final int SPLIT_COUNT = 0x4D0;

    static final int SPLIT_LESS = 0x4D8;

    /// Host addresses of the windows of the block that runs: of two accesses at least, and an instruction has two at
    /// most.
    static final int WINDOWS = 0x4E0;

    static final int TRANSLATIONS = WINDOWS + 8 * BlockReader.MOST;
    /// Filled slots that can be noted.
    private static final int LOGGED = 1 << 13;

    /// What makes of any address of 32 bits one that has no translation: emitted code leaves for each access through a
    /// segment that is not [open][Segmentation#open].
    private static final long BARRED = 1L << 60;

    // the jump cache: one set a mode
    /// Entries of a set.
    static final int JUMPS = 1 << 14;

    private static final int ENTERED = 2048;
    /// FCW: all exceptions masked.
    static final int ALL_MASKED = 0x3F;

    private static final long JUMP_BITS = (long) JUMPS - 1;

    private static final VarHandle INT = JAVA_INT.varHandle();
    private static final VarHandle LONG = JAVA_LONG.varHandle();

    private final Arena arena = Arena.ofShared();
    private final MemorySegment all;
    private final MemorySegment block;
    private final int jumpCache;
    private final int log;
    private final int refillsAt;
    private final Mirror mirror;
    private final Refills refills;

    // entries of the jump cache that are not empty, unless there are too many to remember
    private final int[][] entered = new int[Mode.COUNT][ENTERED];
    private final int[] enteredCount = new int[Mode.COUNT];

    private volatile long nowhere;

    /// @param entries translations of each kind
    /// @param store the address of the guest's memory
    StateBlock(int entries, long store) {
        jumpCache = TRANSLATIONS + Mirror.bytes(entries);
        log = jumpCache + 8 * JUMPS * Mode.COUNT;
        refillsAt = log + 8 * LOGGED;
        long size = ORIGIN + refillsAt + Refills.BYTES;
        all = arena.allocate(size, 4096);
        block = all.asSlice(ORIGIN);
        mirror = new Mirror(all.asSlice(ORIGIN + TRANSLATIONS, Mirror.bytes(entries)), entries, store);
        refills = new Refills(all.asSlice(ORIGIN + refillsAt, Refills.BYTES));
        hot(PAGE_MASK, -4096L);
        hot(INDEX_MASK, (long) (entries - 1) << 12);
        hot(JUMP_MASK, JUMP_BITS);
        hot(STATUS_MASK, Flags.STATUS);
        hot(X87_MASKS, ALL_MASKED);
        block.set(JAVA_INT, X87, X87_IN_CPU);
    }

    private void hot(int displacement, long value) {
        all.set(JAVA_LONG, ORIGIN + displacement, value);
    }

    /// {@return the address that RSP has in emitted code}
    long address() {
        return block.address();
    }

    /// {@return the translations that emitted code uses}
    Mirror mirror() {
        return mirror;
    }

    /// {@return what emitted code walks page tables by}
    Refills refills() {
        return refills;
    }

    /// {@return where that is}
    int refillsAt() {
        return refillsAt;
    }

    long get(int displacement) {
        return all.get(JAVA_LONG, ORIGIN + displacement);
    }

    int getInt(int displacement) {
        return all.get(JAVA_INT, ORIGIN + displacement);
    }

    void set(int displacement, long value) {
        all.set(JAVA_LONG, ORIGIN + displacement, value);
    }

    // ---- registers

    /// Takes over general registers, flags and segments.
    void loadGeneral(CpuState cpu) {
        MemorySegment.copy(cpu.gpr, 0, block, JAVA_LONG, REGISTERS, 16);
        int flags = cpu.statusFlags();
        block.set(JAVA_INT, FLAGS, (flags & 0xFF) << 8 | flags >>> 11 & 1);
        int rest = cpu.flagRest;
        hot(INTERRUPT_FLAG, rest & Flags.IF);
        hot(ACCESS_FLAG, rest & Flags.AC);
        block.set(JAVA_LONG, DIRECTION_FLAG, rest & Flags.DF);
        hot(OTHER_FLAGS, rest & ~(Flags.IF | Flags.AC | Flags.DF));
        hot(FS_BASE, cpu.segmentBase[4]);
        hot(GS_BASE, cpu.segmentBase[5]);
        block.set(JAVA_LONG, FS_BAR, Segmentation.open(cpu, ProcessorState.FS) ? 0 : BARRED);
        block.set(JAVA_LONG, GS_BAR, Segmentation.open(cpu, ProcessorState.GS) ? 0 : BARRED);
        block.set(JAVA_LONG, KERNEL_GS_BASE, cpu.kernelGsBase);
        MemorySegment.copy(cpu.segmentSelector, 0, block, JAVA_INT, SELECTORS, 6);
    }

    /// Gives back general registers and flags.
    void storeGeneral(CpuState cpu) {
        MemorySegment.copy(block, JAVA_LONG, REGISTERS, cpu.gpr, 0, 16);
        int flags = block.get(JAVA_INT, FLAGS);
        cpu.statusFlags(flags >>> 8 & Flags.STATUS & 0xFF | (flags & 1) << 11);
    }

    /// {@return whether CPL, CS, SS or AC differ from what the processor has}
    boolean contextDiffers(CpuState cpu) {
        return block.get(JAVA_INT, CALLED) != 0 || getInt(ACCESS_FLAG) != (cpu.flagRest & Flags.AC);
    }

    /// Gives back what system instructions changed, CPL, CS and SS excepted.
    void storeSystem(CpuState cpu) {
        cpu.flagRest = getInt(INTERRUPT_FLAG) | getInt(ACCESS_FLAG) | getInt(DIRECTION_FLAG) | getInt(OTHER_FLAGS);
        cpu.segmentBase[5] = get(GS_BASE);
        cpu.kernelGsBase = block.get(JAVA_LONG, KERNEL_GS_BASE);
    }

    /// Takes over vector registers and MXCSR.
    void loadVector(CpuState cpu) {
        for (int i = 0; i < 32; i++) {
            long at = vector(i);
            block.set(JAVA_LONG, at, cpu.xmm[i]);
            block.set(JAVA_LONG, at + 16, cpu.ymmHigh[i]);
        }
        block.set(JAVA_INT, MXCSR, cpu.mxcsr);
    }

    /// Gives back vector registers and MXCSR.
    void storeVector(CpuState cpu) {
        for (int i = 0; i < 32; i++) {
            long at = vector(i);
            cpu.xmm[i] = block.get(JAVA_LONG, at);
            cpu.ymmHigh[i] = block.get(JAVA_LONG, at + 16);
        }
        cpu.mxcsr = block.get(JAVA_INT, MXCSR);
    }

    /// {@return the displacement of entry `i` of [CpuState#xmm]}
    private static long vector(int i) {
        return VECTORS + 32L * (i >> 1) + 8 * (i & 1);
    }

    /// Takes over x87 registers, all of whose exceptions are masked, if they are still in the processor.
    void loadX87(CpuState cpu) {
        if (block.get(JAVA_INT, X87) != X87_IN_CPU) {
            return;
        }
        block.set(JAVA_INT, X87_IMAGE, cpu.x87Control);
        block.set(JAVA_INT, X87_IMAGE + 4, cpu.x87Status | cpu.x87Top << 11);
        int tags = 0;
        for (int r = 0; r < 8; r++) {
            tags |= (cpu.x87Valid >>> r & 1) != 0 ? 0 : 3 << 2 * r;
        }
        block.set(JAVA_INT, X87_IMAGE + 8, tags);
        for (int i = 0; i < 8; i++) {
            int r = cpu.x87Top + i & 7;
            block.set(JAVA_LONG_UNALIGNED, x87(i), cpu.x87Significand[r]);
            block.set(JAVA_SHORT_UNALIGNED, x87(i) + 8, (short) cpu.x87Exponent[r]);
        }
        block.set(JAVA_LONG, X87_POINTER, cpu.x87Instruction);
        block.set(JAVA_INT, X87, X87_IN_BLOCK);
    }

    /// Gives back x87 registers, if they are here.
    void storeX87(CpuState cpu) {
        if (block.get(JAVA_INT, X87) != X87_IN_BLOCK) {
            return;
        }
        cpu.x87Control = block.get(JAVA_INT, X87_IMAGE) & 0xFFFF;
        int status = block.get(JAVA_INT, X87_IMAGE + 4) & 0xFFFF;
        cpu.x87Top = status >>> 11 & 7;
        cpu.x87Status = status & ~(7 << 11);
        int tags = block.get(JAVA_INT, X87_IMAGE + 8);
        int valid = 0;
        for (int r = 0; r < 8; r++) {
            valid |= (tags >>> 2 * r & 3) != 3 ? 1 << r : 0;
        }
        cpu.x87Valid = valid;
        for (int i = 0; i < 8; i++) {
            int r = cpu.x87Top + i & 7;
            cpu.x87Significand[r] = block.get(JAVA_LONG_UNALIGNED, x87(i));
            cpu.x87Exponent[r] = block.get(JAVA_SHORT_UNALIGNED, x87(i) + 8) & 0xFFFF;
        }
        cpu.x87Instruction = block.get(JAVA_LONG, X87_POINTER);
        block.set(JAVA_INT, X87, X87_IN_CPU);
    }

    /// {@return the displacement of ST(`i`)}
    private static long x87(int i) {
        return X87_IMAGE + 28 + 10L * i;
    }

    // ---- attention

    /// From any thread: emitted code shall come back soon.
    void ring() {
        INT.setVolatile(all, (long) ORIGIN + ATTENTION, 1);
        LONG.setVolatile(all, (long) ORIGIN + JUMP_MASK, 0L);
        // where all targets meet now
        for (int set = 0; set < Mode.COUNT; set++) {
            LONG.setVolatile(block, (long) jumpSet(set), nowhere);
        }
    }

    /// Emitted code need not come back.
    void still() {
        INT.setVolatile(all, (long) ORIGIN + ATTENTION, 0);
        LONG.setVolatile(all, (long) ORIGIN + JUMP_MASK, JUMP_BITS);
    }

    // ---- the log of filled slots

    /// {@return how many slots were noted}
    int logged() {
        return (int) (block.get(JAVA_LONG, LOG_CURSOR) - address() - log) >> 3;
    }

    /// {@return the address of a noted slot where it is written}
    long logged(int number) {
        return block.get(JAVA_LONG, log + 8L * number);
    }

    /// {@return whether no more slots can be noted}
    boolean logFull() {
        return logged() == LOGGED;
    }

    void clearLog() {
        block.set(JAVA_LONG, LOG_CURSOR, address() + log);
        block.set(JAVA_LONG, LOG_END, address() + log + 8L * LOGGED);
    }

    // ---- the jump cache

    /// Names the code to which empty entries lead, and empties all.
    void nowhere(long code) {
        nowhere = code;
        Arrays.fill(enteredCount, ENTERED);
        for (int set = 0; set < Mode.COUNT; set++) {
            clearJumps(set);
        }
    }

    void clearJumps(int set) {
        long from = jumpSet(set);
        int count = enteredCount[set];
        if (count < ENTERED) {
            for (int n = 0; n < count; n++) {
                block.set(JAVA_LONG, entered[set][n], nowhere);
            }
        } else {
            for (int i = 0; i < JUMPS; i++) {
                block.set(JAVA_LONG, from + 8L * i, nowhere);
            }
        }
        enteredCount[set] = 0;
    }

    /// {@return the displacement of a set of the jump cache}
    int jumpSet(int set) {
        return jumpCache + set * JUMPS * 8;
    }

    /// {@return the displacement of the entry of a target}
    int jumpEntry(int set, long rip) {
        return jumpSet(set) + 8 * (int) (rip & JUMP_BITS);
    }

    /// Enters a target. Entry 0 must be empty while it is where all targets meet.
    void enterJump(int set, long rip, long code) {
        int entry = jumpEntry(set, rip);
        int count = enteredCount[set];
        if (count < ENTERED) {
            entered[set][count] = entry;
            enteredCount[set] = count + 1;
        }
        LONG.setVolatile(block, (long) entry, code);
        if ((rip & JUMP_BITS) == 0 && (int) INT.getVolatile(all, (long) ORIGIN + ATTENTION) != 0) {
            LONG.setVolatile(block, (long) jumpSet(set), nowhere);
        }
    }

    /// Forgets a target if its entry leads to `code`.
    void leaveJump(int set, long rip, long code) {
        if (block.get(JAVA_LONG, jumpEntry(set, rip)) == code) {
            LONG.setVolatile(block, (long) jumpEntry(set, rip), nowhere);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}

package cloison.cpu.differential;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import cloison.linux.HostException;
import cloison.linux.code.CodeMemory;
import cloison.linux.cpu.HostCpu;
import cloison.linux.signal.Fault;
import cloison.linux.signal.FaultCatcher;
import cloison.linux.signal.Guard;
import cloison.linux.signal.SignalStack;
import cloison.machine.processor.CpuFeature;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Runs code in the [Sandbox] on the host's processor: all registers are loaded, the code runs until it faults (at the
/// latest at the filler after it), and all registers are saved as the fault left them.
///
/// ```text
///  0      0x80   0x88 0x90 0x98        0xB0           0x100    0x180 0x188 0x190       0x1C0  0x200  0x400
///  +------+------+----+----+-----------+--------------+--------+-----+-----+-----------+------+------+------+
///  | gpr  |RFLAGS| FS | GS | DS ES SS  | the host's   | gpr    | FS  | GS  | DS ES FS  |Fault | FX   | FX   |
///  | in   | in   |base|base| in        | to restore   | out    | base| base| GS out    |      | in   | out  |
///  +------+------+----+----+-----------+--------------+--------+-----+-----+-----------+------+------+------+
///  0x600          0x700           0x800
///  | upper halves | upper halves  |
///  | in           | out           |
/// ```
///
/// On hosts without AVX, upper halves stay as they are.
///
/// **Owner:** the thread that opened it.
@SuppressWarnings("MustBeClosedChecker") // the arena belongs to the object, which is closed
final class NativeRunner implements Engine {
    private static final int BLOCK_SIZE = 0x800;
    private static final int FLAGS_IN = 0x80;
    private static final int FS_BASE_IN = 0x88;
    private static final int GS_BASE_IN = 0x90;
    private static final int DS_IN = 0x98;
    private static final int ES_IN = 0xA0;
    private static final int SS_IN = 0xA8;
    private static final int GPR_OUT = 0x100;
    private static final int FS_BASE_OUT = 0x180;
    private static final int GS_BASE_OUT = 0x188;
    private static final int DS_OUT = 0x190;
    private static final int ES_OUT = 0x198;
    private static final int FS_OUT = 0x1A0;
    private static final int GS_OUT = 0x1A8;
    private static final int RECORD = 0x1C0;
    private static final int FX_IN = 0x200;
    private static final int FX_OUT = 0x400;
    private static final int HIGH_IN = 0x600;
    private static final int HIGH_OUT = 0x700;

    private static final int EXIT = 0x300;
    private static final int TARGET = 0x600;
    private static final int PROBE = 0x680;

    /// A function of the block's address: keeps what the host needs, loads the state, jumps to the code.
    private static final String ENTRY_CODE = """
            53                             ; push rbx
            55                             ; push rbp
            41 54                          ; push r12
            41 55                          ; push r13
            41 56                          ; push r14
            41 57                          ; push r15
            48 89 a7 b0 00 00 00           ; mov [rdi+0xb0],rsp
            0f ae 9f c8 00 00 00           ; stmxcsr [rdi+0xc8]
            d9 bf cc 00 00 00              ; fnstcw [rdi+0xcc]
            8c d8                          ; mov eax,ds
            89 87 d0 00 00 00              ; mov [rdi+0xd0],eax
            8c c0                          ; mov eax,es
            89 87 d8 00 00 00              ; mov [rdi+0xd8],eax
            8c e0                          ; mov eax,fs
            89 87 e0 00 00 00              ; mov [rdi+0xe0],eax
            8c e8                          ; mov eax,gs
            89 87 e8 00 00 00              ; mov [rdi+0xe8],eax
            8c d0                          ; mov eax,ss
            89 87 f0 00 00 00              ; mov [rdi+0xf0],eax
            f3 48 0f ae c0                 ; rdfsbase rax
            48 89 87 b8 00 00 00           ; mov [rdi+0xb8],rax
            f3 48 0f ae c8                 ; rdgsbase rax
            48 89 87 c0 00 00 00           ; mov [rdi+0xc0],rax
            48 0f ae 8f 00 02 00 00        ; fxrstor64 [rdi+0x200]
            """;

    private static final String ENTER_CODE = """
            8b 87 98 00 00 00              ; mov eax,[rdi+0x98]
            8e d8                          ; mov ds,eax
            8b 87 a0 00 00 00              ; mov eax,[rdi+0xa0]
            8e c0                          ; mov es,eax
            48 8b 87 88 00 00 00           ; mov rax,[rdi+0x88]
            f3 48 0f ae d0                 ; wrfsbase rax
            48 8b 87 90 00 00 00           ; mov rax,[rdi+0x90]
            f3 48 0f ae d8                 ; wrgsbase rax
            ff b7 80 00 00 00              ; push [rdi+0x80]
            8b 87 a8 00 00 00              ; mov eax,[rdi+0xa8]
            9d                             ; popf
            8e d0                          ; mov ss,eax
            48 8b 67 20                    ; mov rsp,[rdi+0x20]
            48 8b 07                       ; mov rax,[rdi]
            48 8b 4f 08                    ; mov rcx,[rdi+0x8]
            48 8b 57 10                    ; mov rdx,[rdi+0x10]
            48 8b 5f 18                    ; mov rbx,[rdi+0x18]
            48 8b 6f 28                    ; mov rbp,[rdi+0x28]
            48 8b 77 30                    ; mov rsi,[rdi+0x30]
            4c 8b 47 40                    ; mov r8,[rdi+0x40]
            4c 8b 4f 48                    ; mov r9,[rdi+0x48]
            4c 8b 57 50                    ; mov r10,[rdi+0x50]
            4c 8b 5f 58                    ; mov r11,[rdi+0x58]
            4c 8b 67 60                    ; mov r12,[rdi+0x60]
            4c 8b 6f 68                    ; mov r13,[rdi+0x68]
            4c 8b 77 70                    ; mov r14,[rdi+0x70]
            4c 8b 7f 78                    ; mov r15,[rdi+0x78]
            48 8b 7f 38                    ; mov rdi,[rdi+0x38]
            ff 2d 00 00 00 00              ; jmp far [target]
            """;

    /// Where a fault ends: keeps the state, gives the host its own back, returns from the function. Flags, CS and SS
    /// are in the fault's record.
    private static final String EXIT_CODE = """
            48 a3 00 00 00 00 00 00 00 00  ; movabs [block+0x100],rax
            48 b8 00 00 00 00 00 00 00 00  ; movabs rax,block
            48 89 88 08 01 00 00           ; mov [rax+0x108],rcx
            48 89 90 10 01 00 00           ; mov [rax+0x110],rdx
            48 89 98 18 01 00 00           ; mov [rax+0x118],rbx
            48 89 a0 20 01 00 00           ; mov [rax+0x120],rsp
            48 89 a8 28 01 00 00           ; mov [rax+0x128],rbp
            48 89 b0 30 01 00 00           ; mov [rax+0x130],rsi
            48 89 b8 38 01 00 00           ; mov [rax+0x138],rdi
            4c 89 80 40 01 00 00           ; mov [rax+0x140],r8
            4c 89 88 48 01 00 00           ; mov [rax+0x148],r9
            4c 89 90 50 01 00 00           ; mov [rax+0x150],r10
            4c 89 98 58 01 00 00           ; mov [rax+0x158],r11
            4c 89 a0 60 01 00 00           ; mov [rax+0x160],r12
            4c 89 a8 68 01 00 00           ; mov [rax+0x168],r13
            4c 89 b0 70 01 00 00           ; mov [rax+0x170],r14
            4c 89 b8 78 01 00 00           ; mov [rax+0x178],r15
            48 0f ae 80 00 04 00 00        ; fxsave64 [rax+0x400]
            """;

    private static final String LEAVE_CODE = """
            8c d9                          ; mov ecx,ds
            48 89 88 90 01 00 00           ; mov [rax+0x190],rcx
            8c c1                          ; mov ecx,es
            48 89 88 98 01 00 00           ; mov [rax+0x198],rcx
            8c e1                          ; mov ecx,fs
            48 89 88 a0 01 00 00           ; mov [rax+0x1a0],rcx
            8c e9                          ; mov ecx,gs
            48 89 88 a8 01 00 00           ; mov [rax+0x1a8],rcx
            f3 48 0f ae c1                 ; rdfsbase rcx
            48 89 88 80 01 00 00           ; mov [rax+0x180],rcx
            f3 48 0f ae c9                 ; rdgsbase rcx
            48 89 88 88 01 00 00           ; mov [rax+0x188],rcx
            48 8b a0 b0 00 00 00           ; mov rsp,[rax+0xb0]
            68 02 02 00 00                 ; push 0x202
            9d                             ; popf
            8b 88 f0 00 00 00              ; mov ecx,[rax+0xf0]
            8e d1                          ; mov ss,ecx
            8b 88 d0 00 00 00              ; mov ecx,[rax+0xd0]
            8e d9                          ; mov ds,ecx
            8b 88 d8 00 00 00              ; mov ecx,[rax+0xd8]
            8e c1                          ; mov es,ecx
            8b 88 e0 00 00 00              ; mov ecx,[rax+0xe0]
            8e e1                          ; mov fs,ecx
            8b 88 e8 00 00 00              ; mov ecx,[rax+0xe8]
            8e e9                          ; mov gs,ecx
            48 8b 88 b8 00 00 00           ; mov rcx,[rax+0xb8]
            f3 48 0f ae d1                 ; wrfsbase rcx
            48 8b 88 c0 00 00 00           ; mov rcx,[rax+0xc0]
            f3 48 0f ae d9                 ; wrgsbase rcx
            db e3                          ; fninit
            d9 a8 cc 00 00 00              ; fldcw [rax+0xcc]
            0f ae 90 c8 00 00 00           ; ldmxcsr [rax+0xc8]
            41 5f                          ; pop r15
            41 5e                          ; pop r14
            41 5d                          ; pop r13
            41 5c                          ; pop r12
            5d                             ; pop rbp
            5b                             ; pop rbx
            c3                             ; ret
            """;

    private final Sandbox sandbox;
    private final CodeMemory stubs;
    private final Arena arena;
    private final MemorySegment block;
    private final Guard guard;
    private final Guard guardLow;
    private final SignalStack stack;
    private final boolean avx = hostHas(CpuFeature.AVX);
    private volatile boolean stopped;

    /// Runs code of `sandbox`, which it closes.
    ///
    /// @throws HostException if the host refuses
    NativeRunner(Sandbox sandbox) {
        this.sandbox = sandbox;
        stubs = CodeMemory.allocate(4096);
        arena = Arena.ofConfined();
        block = arena.allocate(BLOCK_SIZE, 64);
        MemorySegment code = stubs.writable();
        int entered = put(0, ENTRY_CODE);
        entered = avx ? loadHigh(entered) : entered;
        entered = put(entered, ENTER_CODE);
        code.set(ValueLayout.JAVA_INT_UNALIGNED, entered - 4, TARGET - entered);
        int left = put(EXIT, EXIT_CODE);
        put(avx ? storeHigh(left) : left, LEAVE_CODE);
        code.set(ValueLayout.JAVA_LONG_UNALIGNED, EXIT + 2, block.address() + GPR_OUT);
        code.set(ValueLayout.JAVA_LONG_UNALIGNED, EXIT + 12, block.address());
        FaultCatcher catcher = FaultCatcher.installed();
        long exit = stubs.base() + EXIT;
        long record = block.address() + RECORD;
        guard = catcher.guard(sandbox.place().base(), Place.SIZE, exit, record);
        // branches of 16 bits end there, where nothing is
        guardLow = catcher.guard(0, 0x1_0000, exit, record);
        stack = SignalStack.onThisThread();
    }

    /// {@return whether programs can use a feature of the host's processor}
    static boolean hostHas(CpuFeature feature) {
        HostCpu cpu = HostCpu.probed();
        return cpu != null && cpu.has(feature.text());
    }

    /// {@return why this host cannot run instructions natively and what would help, or null if it can}
    static @Nullable String refusal() {
        String refusal = CodeMemory.refusal();
        HostCpu cpu = HostCpu.probed();
        if (refusal != null || cpu == null) {
            return refusal;
        }
        if (!cpu.has("fsgsbase")) {
            return "the host's processor has no FSGSBASE";
        }
        try (CodeMemory code = CodeMemory.allocate(4096);
                Arena arena = Arena.ofConfined();
                SignalStack _ = SignalStack.onThisThread()) {
            // rdfsbase rax; mov eax, 1; ret; and where that faults: xor eax, eax; ret
            byte[] probe = HexFormat.of().parseHex("f3480faec0b801000000c3");
            byte[] exit = HexFormat.of().parseHex("31c0c3");
            code.writable().asSlice(0, probe.length).copyFrom(MemorySegment.ofArray(probe));
            code.writable().asSlice(PROBE, exit.length).copyFrom(MemorySegment.ofArray(exit));
            long record = arena.allocate(Fault.SIZE, 8).address();
            try (Guard _ = FaultCatcher.installed().guard(code.base(), 16, code.base() + PROBE, record)) {
                return CodeMemory.enter(code.base(), 0) == 1
                        ? null
                        : "the host's kernel does not let programs use FSGSBASE; run on Linux 5.9 or later";
            }
        }
    }

    /// {@return where it ends}
    private int put(int at, String listing) {
        byte[] bytes = HexFormat.of()
                .parseHex(Pattern.compile(";.*|\\s").matcher(listing).replaceAll(""));
        stubs.writable().asSlice(at, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
        return at + bytes.length;
    }

    /// For each register n: vinsertf128 ymm, ymm, [rdi+in+16*n], 1.
    private int loadHigh(int at) {
        int end = at;
        for (int n = 0; n < 16; n++) {
            int second = n < 8 ? 0xE3 : 0x63;
            int third = 0x05 | (~n & 15) << 3;
            end = put(end, "c4 %02x %02x 18 %02x".formatted(second, third, 0x87 | (n & 7) << 3));
            end = put(end, displacement(HIGH_IN + 16 * n) + "01");
        }
        return end;
    }

    /// For each register n: vextractf128 [rax+out+16*n], ymm, 1; then vzeroupper.
    private int storeHigh(int at) {
        int end = at;
        for (int n = 0; n < 16; n++) {
            end = put(end, "c4 %02x 7d 19 %02x".formatted(n < 8 ? 0xE3 : 0x63, 0x80 | (n & 7) << 3));
            end = put(end, displacement(HIGH_OUT + 16 * n) + "01");
        }
        return put(end, "c5 f8 77");
    }

    private static String displacement(int value) {
        return "%08x".formatted(Integer.reverseBytes(value));
    }

    @Override
    public String name() {
        return "host";
    }

    @Override
    public void code(int offset, byte[] bytes, int length) {
        sandbox.code(offset, bytes, length);
    }

    @Override
    public void clear(int offset, int length) {
        sandbox.clear(offset, length);
    }

    @Override
    public void load(byte[] image) {
        sandbox.load(image);
    }

    @Override
    public void store(byte[] image) {
        sandbox.store(image);
    }

    @Override
    public void rerun(MachineState in, MachineState out) {
        run(in, out);
    }

    /// Fills the code with faults, so that whatever loops in it comes to its end.
    @Override
    public void stop() {
        stopped = true;
        sandbox.clear(0, Place.CODE_SIZE);
    }

    @Override
    public void run(MachineState in, MachineState out) {
        MemorySegment.copy(in.gpr, 0, block, ValueLayout.JAVA_LONG, 0, 16);
        set(FLAGS_IN, in.rflags);
        set(FS_BASE_IN, in.fsBase);
        set(GS_BASE_IN, in.gsBase);
        set(DS_IN, in.selectors[3]);
        set(ES_IN, in.selectors[0]);
        set(SS_IN, in.selectors[2]);
        MemorySegment.copy(in.fx, 0, block, JAVA_BYTE, FX_IN, MachineState.FX_SIZE);
        MemorySegment.copy(in.high, 0, block, JAVA_BYTE, HIGH_IN, MachineState.HIGH_SIZE);
        set(RECORD + Fault.SIGNAL, 0);
        stubs.writable().set(ValueLayout.JAVA_INT_UNALIGNED, TARGET, (int) in.rip);
        stubs.writable().set(ValueLayout.JAVA_SHORT_UNALIGNED, TARGET + 4, (short) in.selectors[1]);

        CodeMemory.enter(stubs.base(), block.address());

        if (stopped) {
            stopped = false;
            throw new Stopped(name());
        }
        if (get(RECORD + Fault.SIGNAL) == 0) {
            throw new IllegalStateException("the code came back without a fault");
        }
        MemorySegment.copy(block, ValueLayout.JAVA_LONG, GPR_OUT, out.gpr, 0, 16);
        MemorySegment.copy(block, JAVA_BYTE, FX_OUT, out.fx, 0, MachineState.FX_SIZE);
        MemorySegment.copy(block, JAVA_BYTE, avx ? HIGH_OUT : HIGH_IN, out.high, 0, MachineState.HIGH_SIZE);
        out.rip = get(RECORD + Fault.RIP);
        out.rflags = get(RECORD + Fault.FLAGS);
        out.fsBase = get(FS_BASE_OUT);
        out.gsBase = get(GS_BASE_OUT);
        long selectors = get(RECORD + Fault.SELECTORS);
        out.selectors[0] = (int) get(ES_OUT);
        out.selectors[1] = (int) selectors & 0xFFFF;
        out.selectors[2] = (int) (selectors >>> 48);
        out.selectors[3] = (int) get(DS_OUT);
        out.selectors[4] = (int) get(FS_OUT);
        out.selectors[5] = (int) get(GS_OUT);
        out.vector = (int) get(RECORD + Fault.TRAP);
        out.error = get(RECORD + Fault.ERROR);
        out.address = out.vector == 14 ? get(RECORD + Fault.ADDRESS) : 0;
    }

    private void set(int offset, long value) {
        block.set(ValueLayout.JAVA_LONG, offset, value);
    }

    private long get(int offset) {
        return block.get(ValueLayout.JAVA_LONG, offset);
    }

    @Override
    public void close() {
        stack.close();
        guard.close();
        guardLow.close();
        arena.close();
        stubs.close();
        sandbox.close();
    }
}

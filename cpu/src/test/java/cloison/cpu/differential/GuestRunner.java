package cloison.cpu.differential;

import cloison.cpu.InterpreterPartition;
import cloison.cpu.TranslatorPartition;
import cloison.cpu.TranslatorSettings;
import cloison.cpu.interpret.Engines;
import cloison.linux.signal.GuardedCode;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.EnginePartition;
import cloison.machine.processor.Exit;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.Processor;
import cloison.machine.processor.ProcessorState;
import cloison.machine.processor.ProcessorState.Segment;
import cloison.machine.processor.ProcessorState.Table;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.function.Function;
import java.util.regex.Pattern;

/// Runs code in a guest as the host's kernel would run it in a process: page tables show the [Place] to privilege
/// level 3 at the same addresses, with Linux' segment selectors, and exception handlers halt.
///
/// A first run loads the processor. A second one goes on where the first halted: a non-maskable interrupt wakes the
/// guest, which loads its registers by itself from the block at 0x8000 and returns to the code.
///
/// ```text
///  guest-physical (and the supervisor's addresses from 0xFFFF800000000000)
///  0x1000 PML4  0x2000 low PDPT, PD, two PTs  0x6000 high PDPT, PD  0x8000 registers  0x9000 IDT
///  0xA000 GDT  0xA800 LDT  0xB000 TSS  0xC000 handlers, 16 bytes each  0xD000 stack of the handlers  0xE000 resumption
///  0x10000 code  0x12000 D0 D1 R0 D2
/// ```
final class GuestRunner implements Engine {
    private static final long RAM = 0x2_0000;
    private static final long HIGH = 0xFFFF_8000_0000_0000L;
    private static final int PML4 = 0x1000;
    private static final int LOW_PDPT = 0x2000;
    private static final int LOW_PD = 0x3000;
    private static final int CODE_PT = 0x4000;
    private static final int DATA_PT = 0x5000;
    private static final int HIGH_PDPT = 0x6000;
    private static final int HIGH_PD = 0x7000;
    private static final int REGISTERS = 0x8000;
    private static final int IDT = 0x9000;
    private static final int GDT = 0xA000;
    private static final int LDT = 0xA800;
    private static final int TSS = 0xB000;
    private static final int HANDLERS = 0xC000;
    private static final int STACK_TOP = 0xE000;
    private static final int RESUME = 0xE000;
    private static final int CODE = 0x1_0000;
    private static final int PAGE_D0 = 0x1_2000;
    private static final int PAGE_R0 = 0x1_4000;
    private static final int PAGE_D2 = 0x1_5000;

    private static final long PRESENT = 1;
    private static final long WRITABLE = 2;
    private static final long USER = 4;
    private static final long LARGE = 0x80;
    private static final long NO_EXECUTE = 1L << 63;

    // offsets in the registers
    private static final int FRAME = 0x80;
    private static final int DS = 0xB0;
    private static final int ES = 0xB8;
    private static final int FS_BASE = 0xC0;
    private static final int GS_BASE = 0xC8;
    private static final int FX = 0x200;

    /// Where the upper halves are in the XSAVE image, and its components x87, SSE and AVX.
    private static final int HIGH_HALVES = 576;

    private static final byte STATE = 7;

    private static final int NMI = 2;

    /// Loads the registers from the block and returns to the code.
    private static final String RESUME_CODE = """
            49 bf 00 80 00 00 00 80 ff ff  ; movabs r15, registers
            b8 07 00 00 00                 ; mov eax,7
            31 d2                          ; xor edx,edx
            49 0f ae af 00 02 00 00        ; xrstor64 [r15+0x200]
            41 8b 87 b0 00 00 00           ; mov eax,[r15+0xb0]
            8e d8                          ; mov ds,eax
            41 8b 87 b8 00 00 00           ; mov eax,[r15+0xb8]
            8e c0                          ; mov es,eax
            31 c0                          ; xor eax,eax
            8e e0                          ; mov fs,eax
            8e e8                          ; mov gs,eax
            b9 00 01 00 c0                 ; mov ecx,0xc0000100
            41 8b 87 c0 00 00 00           ; mov eax,[r15+0xc0]
            41 8b 97 c4 00 00 00           ; mov edx,[r15+0xc4]
            0f 30                          ; wrmsr
            b9 01 01 00 c0                 ; mov ecx,0xc0000101
            41 8b 87 c8 00 00 00           ; mov eax,[r15+0xc8]
            41 8b 97 cc 00 00 00           ; mov edx,[r15+0xcc]
            0f 30                          ; wrmsr
            49 8d a7 80 00 00 00           ; lea rsp,[r15+0x80]
            49 8b 07                       ; mov rax,[r15]
            49 8b 4f 08                    ; mov rcx,[r15+0x8]
            49 8b 57 10                    ; mov rdx,[r15+0x10]
            49 8b 5f 18                    ; mov rbx,[r15+0x18]
            49 8b 6f 28                    ; mov rbp,[r15+0x28]
            49 8b 77 30                    ; mov rsi,[r15+0x30]
            49 8b 7f 38                    ; mov rdi,[r15+0x38]
            4d 8b 47 40                    ; mov r8,[r15+0x40]
            4d 8b 4f 48                    ; mov r9,[r15+0x48]
            4d 8b 57 50                    ; mov r10,[r15+0x50]
            4d 8b 5f 58                    ; mov r11,[r15+0x58]
            4d 8b 67 60                    ; mov r12,[r15+0x60]
            4d 8b 6f 68                    ; mov r13,[r15+0x68]
            4d 8b 77 70                    ; mov r14,[r15+0x70]
            4d 8b 7f 78                    ; mov r15,[r15+0x78]
            48 cf                          ; iretq
            """;

    private static final int TSS_SELECTOR = 0x40;
    private static final int LDT_LIMIT = 15;
    private static final int GDT_LIMIT = 127;

    /// Linux' descriptors (`arch/x86/kernel/cpu/common.c` names them): kernel 32-bit code, kernel code, kernel data,
    /// user 32-bit code, user data, user code; all accessed.
    private static final long[] DESCRIPTORS = {
        0,
        0x00CF_9B00_0000_FFFFL,
        0x00AF_9B00_0000_FFFFL,
        0x00CF_9300_0000_FFFFL,
        0x00CF_FB00_0000_FFFFL,
        0x00CF_F300_0000_FFFFL,
        0x00AF_FB00_0000_FFFFL
    };

    private final GuestMemory memory;
    private final MemorySegment store;
    private final EnginePartition partition;
    private final Waking waking = new Waking();
    private final Processor processor;
    private boolean exact = true;
    private final ProcessorState template = new ProcessorState();
    private Segment code16 = new Segment(0, 0, 0, 0);
    private Segment data16 = new Segment(0, 0, 0, 0);

    /// {@return the interpreter}
    static GuestRunner interpreter(Place place) {
        return new GuestRunner(place, memory -> new InterpreterPartition(memory, Engines.COMPLETE));
    }

    /// {@return the interpreter, to which every block that was executed once is hot}
    static GuestRunner hotInterpreter(Place place) {
        GuestRunner runner = new GuestRunner(place, memory -> new InterpreterPartition(memory, Engines.COMPLETE));
        Engines.eager(runner.processor);
        return runner;
    }

    /// {@return the translator, with exact flags, to which all code is hot}
    static GuestRunner translator(Place place) {
        return translator(place, Engines.settings(1024), true);
    }

    /// {@return the translator as guests get it: dead flags are lost}
    ///
    /// @param hot whether all code is hot
    static GuestRunner plainTranslator(Place place, boolean hot) {
        TranslatorSettings settings = TranslatorSettings.standard().withCodeBytes(1 << 20);
        return translator(place, hot ? settings.withHotAfter(0) : settings, false);
    }

    private static GuestRunner translator(Place place, TranslatorSettings settings, boolean exact) {
        GuestRunner runner = new GuestRunner(
                place, memory -> new TranslatorPartition(memory, Engines.COMPLETE, GuardedCode::allocate, settings));
        runner.exact = exact;
        return runner;
    }

    @Override
    public boolean exactFlags() {
        return exact;
    }

    /// @param engine makes the engine of a partition
    GuestRunner(Place place, Function<GuestMemory, EnginePartition> engine) {
        memory = new GuestMemory(Arena.ofAuto().allocate(RAM, 4096), RAM, 0);
        store = memory.store();
        tables(place);
        interrupts();
        store.asSlice(CODE, Place.CODE_SIZE).fill(Place.FILLER);
        store.asSlice(PAGE_R0, 2 * Place.PAGE).copyFrom(MemorySegment.ofArray(Place.readOnly()));
        partition = engine.apply(memory);
        processor = partition.processor(0, new Nothing(), waking);
        template(place);
    }

    private void put(int at, String listing) {
        byte[] bytes = HexFormat.of()
                .parseHex(Pattern.compile(";.*|\\s").matcher(listing).replaceAll(""));
        store.asSlice(at, bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    }

    private void set64(long at, long value) {
        store.set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
    }

    private void tables(Place place) {
        long low = PRESENT | WRITABLE | USER;
        long base = place.base();
        set64(PML4, LOW_PDPT | low);
        set64(LOW_PDPT + 8 * (base >> 30), LOW_PD | low);
        set64(LOW_PD + 8 * (place.code() >> 21 & 511), CODE_PT | low);
        set64(LOW_PD + 8 * (place.data() >> 21 & 511), DATA_PT | low);
        for (int i = 0; i < Place.CODE_SIZE / Place.PAGE; i++) {
            set64(CODE_PT + 8 * ((place.code() >> 12 & 511) + i), CODE + 4096L * i | PRESENT | USER);
        }
        long data = DATA_PT + 8 * (place.data() >> 12 & 511);
        set64(data, PAGE_D0 | low | NO_EXECUTE);
        set64(data + 8, PAGE_D0 + 4096 | low | NO_EXECUTE);
        set64(data + 24, PAGE_R0 | PRESENT | USER | NO_EXECUTE);
        set64(data + 32, PAGE_D2 | low | NO_EXECUTE);
        set64(PML4 + 8 * 256, HIGH_PDPT | PRESENT | WRITABLE);
        set64(HIGH_PDPT, HIGH_PD | PRESENT | WRITABLE);
        set64(HIGH_PD, PRESENT | WRITABLE | LARGE);
    }

    private void interrupts() {
        for (int vector = 0; vector < 256; vector++) {
            long handler = HIGH + HANDLERS + 16L * vector;
            int privilege = vector == 3 || vector == 4 ? 3 : 0;
            set64(
                    IDT + 16L * vector,
                    handler & 0xFFFF | 0x10 << 16 | (0x8E00L | privilege << 13) << 32 | (handler >> 16 & 0xFFFF) << 48);
            set64(IDT + 16L * vector + 8, handler >>> 32);
            store.set(ValueLayout.JAVA_BYTE, HANDLERS + 16L * vector, (byte) 0xF4);
        }
        for (int i = 0; i < DESCRIPTORS.length; i++) {
            set64(GDT + 8L * i, DESCRIPTORS[i]);
        }
        put(HANDLERS + 16 * NMI, "e9 db 1f 00 00 ; jmp resume");
        put(RESUME, RESUME_CODE);
        // which processor this is, for programs (segment limit)
        set64(GDT + 0x78, 0x0040_F500_0000_0000L);
        long base = HIGH + TSS;
        set64(GDT + TSS_SELECTOR, 0x67 | (base & 0xFF_FFFF) << 16 | 0x8BL << 40 | (base >> 24 & 0xFF) << 56);
        set64(GDT + TSS_SELECTOR + 8, base >>> 32);
        set64(TSS + 4, HIGH + STACK_TOP);
        store.set(ValueLayout.JAVA_SHORT_UNALIGNED, TSS + 102, (short) 0x68);
    }

    private void template(Place place) {
        code16 = segment16(Place.CODE_16, place.code16(), 0xFB);
        data16 = segment16(Place.DATA_16, place.data16(), 0xF3);
        template.cr0 = 0x8005_0033L;
        template.cr3 = PML4;
        template.cr4 = 0x4_06A8; // PGE, PAE, DE, OSFXSR, OSXMMEXCPT, OSXSAVE
        template.xcr0 = STATE;
        template.efer = 0xD01;
        template.gdtr = new Table(HIGH + GDT, GDT_LIMIT);
        template.idtr = new Table(HIGH + IDT, 4095);
        template.segments[ProcessorState.TR] = new Segment(TSS_SELECTOR, HIGH + TSS, 0x67, 0x8B);
        template.segments[ProcessorState.LDTR] =
                place.sixteen() ? new Segment(0x50, HIGH + LDT, LDT_LIMIT, 0x82) : new Segment(0, 0, 0, 0);
        template.xsave = new byte[HIGH_HALVES + MachineState.HIGH_SIZE];
        template.xsave[MachineState.FX_SIZE] = STATE;
        store.set(ValueLayout.JAVA_BYTE, REGISTERS + FX + MachineState.FX_SIZE, STATE);
    }

    /// {@return the segment register of a 16-bit descriptor, which it puts into the table}
    private Segment segment16(int selector, long base, int access) {
        set64(
                LDT + (selector & ~7),
                0xFFFF | (base & 0xFF_FFFF) << 16 | (long) access << 40 | (base >> 24 & 0xFF) << 56);
        return new Segment(selector, base, 0xFFFF, access);
    }

    /// {@return a segment register as Linux' descriptors make it; data segments other than 0 are flat}
    private Segment segment(int selector, long base) {
        return switch (selector) {
            case 0x33 -> new Segment(selector, 0, -1, 0xA0FB);
            case 0x23 -> new Segment(selector, 0, -1, 0xC0FB);
            case 0x2B -> new Segment(selector, base, -1, 0xC0F3);
            case Place.CODE_16 -> code16;
            case Place.DATA_16 -> data16;
            default -> new Segment(selector, base, 0, 0);
        };
    }

    @Override
    public void code(int offset, byte[] bytes, int length) {
        memory.write(CODE + offset, bytes, 0, length);
    }

    @Override
    public void clear(int offset, int length) {
        store.asSlice(CODE + offset, length).fill(Place.FILLER);
        memory.stored(CODE + offset, length);
    }

    @Override
    public void load(byte[] image) {
        MemorySegment.copy(image, Place.D0, store, ValueLayout.JAVA_BYTE, PAGE_D0, 2 * Place.PAGE);
        MemorySegment.copy(image, Place.D2, store, ValueLayout.JAVA_BYTE, PAGE_D2, Place.PAGE);
    }

    @Override
    public void store(byte[] image) {
        MemorySegment.copy(store, ValueLayout.JAVA_BYTE, PAGE_D0, image, Place.D0, 2 * Place.PAGE);
        MemorySegment.copy(store, ValueLayout.JAVA_BYTE, PAGE_D2, image, Place.D2, Place.PAGE);
    }

    @Override
    public String name() {
        return partition.engine();
    }

    @Override
    public void run(MachineState in, MachineState out) {
        System.arraycopy(in.gpr, 0, template.gpr, 0, 16);
        template.rip = in.rip;
        template.rflags = in.rflags;
        template.cr2 = 0;
        for (int i = 0; i < 6; i++) {
            long base = i == ProcessorState.FS ? in.fsBase : i == ProcessorState.GS ? in.gsBase : 0;
            template.segments[i] = segment(in.selectors[i], base);
        }
        System.arraycopy(in.fx, 0, template.xsave, 0, MachineState.FX_SIZE);
        System.arraycopy(in.high, 0, template.xsave, HIGH_HALVES, MachineState.HIGH_SIZE);
        processor.load(template);

        go(out);
    }

    @Override
    public void rerun(MachineState in, MachineState out) {
        MemorySegment.copy(in.gpr, 0, store, ValueLayout.JAVA_LONG_UNALIGNED, REGISTERS, 16);
        set64(REGISTERS + FRAME, in.rip);
        set64(REGISTERS + FRAME + 8, in.selectors[ProcessorState.CS]);
        set64(REGISTERS + FRAME + 16, in.rflags);
        set64(REGISTERS + FRAME + 24, in.gpr[ProcessorState.RSP]);
        set64(REGISTERS + FRAME + 32, in.selectors[ProcessorState.SS]);
        set64(REGISTERS + DS, in.selectors[ProcessorState.DS]);
        set64(REGISTERS + ES, in.selectors[ProcessorState.ES]);
        set64(REGISTERS + FS_BASE, in.fsBase);
        set64(REGISTERS + GS_BASE, in.gsBase);
        MemorySegment.copy(in.fx, 0, store, ValueLayout.JAVA_BYTE, REGISTERS + FX, MachineState.FX_SIZE);
        MemorySegment.copy(
                in.high, 0, store, ValueLayout.JAVA_BYTE, REGISTERS + FX + HIGH_HALVES, MachineState.HIGH_SIZE);
        waking.nmi = true;
        processor.notice();
        go(out);
    }

    private void go(MachineState out) {
        Exit exit = processor.run();
        if (exit instanceof Exit.Left) {
            throw new Stopped(name());
        }
        if (!(exit instanceof Exit.Halted)) {
            throw new IllegalStateException("the guest ended with " + exit);
        }
        collect(processor.state(), out);
    }

    @Override
    public void stop() {
        processor.leave();
    }

    @Override
    public void close() {
        partition.close();
    }

    private void collect(ProcessorState state, MachineState out) {
        long handler = state.rip - 1 - HIGH - HANDLERS;
        long stack = state.gpr[ProcessorState.RSP] - HIGH;
        if ((handler & 15) != 0 || handler < 0 || handler >= 4096 || stack > STACK_TOP - 40 || stack < STACK_TOP - 64) {
            throw new IllegalStateException(
                    "the guest halted at 0x%x, RSP 0x%x".formatted(state.rip, state.gpr[ProcessorState.RSP]));
        }
        System.arraycopy(state.gpr, 0, out.gpr, 0, 16);
        out.vector = (int) (handler >> 4);
        out.error = get64(stack);
        long frame = STACK_TOP - 40;
        if (stack == frame) {
            out.error = 0;
        }
        out.rip = get64(frame);
        out.selectors[ProcessorState.CS] = (int) get64(frame + 8);
        out.rflags = get64(frame + 16);
        out.gpr[ProcessorState.RSP] = get64(frame + 24);
        out.selectors[ProcessorState.SS] = (int) get64(frame + 32);
        out.address = out.vector == 14 ? state.cr2 : 0;
        for (int i : new int[] {ProcessorState.ES, ProcessorState.DS, ProcessorState.FS, ProcessorState.GS}) {
            out.selectors[i] = state.segments[i].selector();
        }
        out.fsBase = state.segments[ProcessorState.FS].base();
        out.gsBase = state.segments[ProcessorState.GS].base();
        System.arraycopy(state.xsave, 0, out.fx, 0, MachineState.FX_SIZE);
        System.arraycopy(state.xsave, HIGH_HALVES, out.high, 0, MachineState.HIGH_SIZE);
    }

    private long get64(long at) {
        return store.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    }

    /// A machine without devices.
    private static final class Nothing implements Intercepts {
        @Override
        public int portIn(int port, int size) {
            return -1;
        }

        @Override
        public void portOut(int port, int size, int value) {}

        @Override
        public long memoryRead(long gpa, int size) {
            return -1;
        }

        @Override
        public void memoryWrite(long gpa, int size, long value) {}

        @Override
        public void cpuid(int leaf, int subleaf, int[] registers) {}

        @Override
        public boolean canReadMsr(int index) {
            return false;
        }

        @Override
        public long readMsr(int index) {
            return 0;
        }

        @Override
        public boolean writeMsr(int index, long value) {
            return false;
        }

        @Override
        public boolean hypercallsEnabled() {
            return false;
        }

        @Override
        public long hypercall(long control, long input, long output) {
            return 0;
        }

        @Override
        public long timeStamp() {
            return 0;
        }
    }

    /// An interrupt source without interrupts, but for the one that wakes.
    private static final class Waking implements InterruptSource {
        boolean nmi;

        @Override
        public boolean pending() {
            return false;
        }

        @Override
        public int acknowledge() {
            return NONE;
        }

        @Override
        public boolean takeNmi() {
            boolean taken = nmi;
            nmi = false;
            return taken;
        }

        @Override
        public int cr8() {
            return 0;
        }

        @Override
        public void cr8(int value) {}
    }
}

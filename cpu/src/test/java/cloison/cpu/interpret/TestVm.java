package cloison.cpu.interpret;

import cloison.cpu.TranslatorSettings;
import cloison.cpu.decode.Asm;
import cloison.cpu.mmu.CodePages;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.translate.Translator;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.Exit;
import cloison.machine.processor.HostCode;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.ProcessorState;
import cloison.machine.processor.ProcessorState.Segment;
import cloison.machine.processor.ProcessorState.Table;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// A small machine for tests: processors, RAM, and tables good enough to take every exception.
///
/// ```text
///  0x01000 PML4, 0x02000 PDPT, 0x03000 PD, 0x04000 PT (first 2 MiB, 4 KiB pages; then 2 MiB pages; all writable, user)
///  0x05000 GDT   0x05800 TSS   0x06000 IDT   0x07000 handlers, 16 bytes each: HLT
///  0x09000 top of the kernel's stack   0x0A000 of IST 1   0x0C000 of the user's
///  0x10000 code  0x20000 data
/// ```
///
/// A program runs to HLT. Every exception ends in the HLT of its handler, where [#vector] and [#frame] tell about it.
public final class TestVm implements AutoCloseable {
    public static final int RAM = 8 << 20;
    public static final int PML4 = 0x1000;
    public static final int PDPT = 0x2000;
    public static final int PD = 0x3000;
    public static final int PT = 0x4000;
    public static final int GDT = 0x5000;
    public static final int TSS = 0x5800;
    public static final int IDT = 0x6000;
    public static final int HANDLERS = 0x7000;
    public static final int STACK = 0x9000;
    public static final int IST1 = 0xA000;
    public static final int USER_STACK = 0xC000;
    public static final int CODE = 0x10000;
    public static final int DATA = 0x20000;

    // selectors
    public static final int KERNEL_CODE = 0x08;
    public static final int KERNEL_DATA = 0x10;
    public static final int USER_CODE_32 = 0x18 | 3;
    public static final int USER_DATA = 0x20 | 3;
    public static final int USER_CODE = 0x28 | 3;
    public static final int KERNEL_CODE_32 = 0x30;
    public static final int KERNEL_CODE_16 = 0x38;
    public static final int KERNEL_DATA_16 = 0x40;
    public static final int TASK = 0x48;
    /// The first of eight descriptors for the test's own use.
    public static final int FREE = 0x60;

    /// What was pushed for an exception.
    public record Frame(long errorCode, long rip, long cs, long rflags, long rsp, long ss) {}

    private final Arena arena = Arena.ofShared();
    private final GuestMemory memory;
    private final CodePages codePages;
    private final Interpreter processor;
    private final Cpu cpu;
    private final Intercepted intercepts = new Intercepted();
    private final Pending interrupts = new Pending();
    private final @Nullable HostCode code;
    private final @Nullable Translator translator;
    private final List<Translator> others = new ArrayList<>();
    private int mode = 64;

    private TestVm(int translations) {
        this(translations, Engines.COMPLETE, Engines.translated() ? Engines.settings(translations) : null);
    }

    private TestVm(int translations, CpuModel model, @Nullable TranslatorSettings settings) {
        memory = new GuestMemory(arena.allocate(GuestMemory.storeSize(RAM, 4), 4096), RAM, 4);
        codePages = new CodePages(memory);
        memory.listener(codePages);
        processor = new Interpreter(memory, codePages, model, intercepts, interrupts, translations);
        cpu = processor.cpu();
        code = settings == null ? null : Engines.code();
        translator = code == null || settings == null ? null : Engines.translator(processor, code, memory, settings);
    }

    /// {@return a machine at CPL 0 in 64-bit mode}
    public static TestVm longMode() {
        return longMode(Cpu.TRANSLATIONS);
    }

    /// {@return a machine at CPL 0 in 64-bit mode whose processor keeps `translations` of each kind}
    public static TestVm longMode(int translations) {
        TestVm vm = new TestVm(translations);
        vm.writeTables();
        vm.processor.load(vm.longState());
        return vm;
    }

    /// {@return a machine at CPL 0 in 64-bit mode whose processor is a `model`}
    public static TestVm longMode(CpuModel model) {
        int translations = Cpu.TRANSLATIONS;
        TestVm vm = new TestVm(translations, model, Engines.translated() ? Engines.settings(translations) : null);
        vm.writeTables();
        vm.processor.load(vm.longState());
        return vm;
    }

    /// {@return a machine at CPL 0 in 64-bit mode that runs translated code, whatever the other tests run}
    public static TestVm translated(TranslatorSettings settings) {
        TestVm vm = new TestVm(settings.translations(), Engines.COMPLETE, settings);
        vm.writeTables();
        vm.processor.load(vm.longState());
        return vm;
    }

    /// {@return a machine at CPL 0 in flat 32-bit protected mode without paging}
    public static TestVm protectedMode() {
        TestVm vm = new TestVm(Cpu.TRANSLATIONS);
        vm.mode = 32;
        vm.writeTables();
        vm.processor.load(vm.protectedState());
        return vm;
    }

    /// {@return a machine in real mode, whose vectors lead to the handlers}
    public static TestVm realMode() {
        TestVm vm = new TestVm(Cpu.TRANSLATIONS);
        vm.mode = 16;
        for (int vector = 0; vector < 256; vector++) {
            vm.write(4L * vector, 4, HANDLERS + 16L * vector);
            vm.write(HANDLERS + 16L * vector, 1, 0xF4);
        }
        ProcessorState state = new ProcessorState();
        state.cr0 = Control.CR0_ET;
        state.segments[ProcessorState.CS] = new Segment(CODE >> 4, CODE, 0xFFFF, 0x9B);
        state.rip = 0;
        state.gpr[ProcessorState.RSP] = STACK;
        vm.processor.load(state);
        return vm;
    }

    // ---- tables

    private void writeTables() {
        write(PML4, 8, PDPT | 7);
        write(PDPT, 8, PD | 7);
        write(PD, 8, PT | 7);
        for (int i = 1; i < 512; i++) {
            write(PD + 8L * i, 8, (long) i << 21 | 0x87);
            write(PT + 8L * i, 8, (long) i << 12 | 7);
        }
        write(PT, 8, 7);
        descriptor(KERNEL_CODE, 0, 0xFFFFF, 0xA09B);
        descriptor(KERNEL_DATA, 0, 0xFFFFF, 0xC093);
        descriptor(USER_CODE_32, 0, 0xFFFFF, 0xC0FB);
        descriptor(USER_DATA, 0, 0xFFFFF, 0xC0F3);
        descriptor(USER_CODE, 0, 0xFFFFF, 0xA0FB);
        descriptor(KERNEL_CODE_32, 0, 0xFFFFF, 0xC09B);
        descriptor(KERNEL_CODE_16, CODE, 0xFFFF, 0x009B);
        descriptor(KERNEL_DATA_16, 0, 0xFFFF, 0x0093);
        descriptor(TASK, TSS, 0x67, 0x8B);
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, 0x8E00, 0);
            write(HANDLERS + 16L * vector, 1, 0xF4);
        }
        if (mode == 64) {
            write(TSS + 4, 8, STACK);
            write(TSS + 0x24, 8, IST1);
        } else {
            write(TSS + 4, 4, STACK);
            write(TSS + 8, 4, KERNEL_DATA);
        }
        write(TSS + 102, 2, 0x68);
    }

    /// Writes a descriptor of the GDT; `limit` as it is encoded.
    public void descriptor(int selector, long base, int limit, int attributes) {
        long descriptor = limit & 0xFFFFL
                | (base & 0xFF_FFFF) << 16
                | (attributes & 0xFFL) << 40
                | (limit >> 16 & 0xFL) << 48
                | (attributes >> 12 & 0xFL) << 52
                | (base >> 24 & 0xFF) << 56;
        write(GDT + (selector & 0xFFF8), 8, descriptor);
    }

    /// Writes an interrupt-descriptor table entry that leads to the vector's handler.
    ///
    /// @param attributes descriptor bits 47..32: 0x8E00 is a present interrupt gate with DPL 0
    public void gate(int vector, int attributes, int stackTable) {
        gate(vector, mode == 64 ? KERNEL_CODE : KERNEL_CODE_32, HANDLERS + 16L * vector, attributes | stackTable);
    }

    /// Writes any interrupt-descriptor table entry.
    public void gate(int vector, int selector, long offset, int attributes) {
        long low = offset & 0xFFFF | (long) selector << 16 | (long) attributes << 32 | (offset >> 16 & 0xFFFF) << 48;
        if (mode == 64) {
            write(IDT + 16L * vector, 8, low);
            write(IDT + 16L * vector + 8, 8, offset >>> 32);
        } else {
            write(IDT + 8L * vector, 8, low);
        }
    }

    private static Segment segment(int selector, int attributes) {
        return new Segment(selector, 0, -1, attributes);
    }

    private ProcessorState longState() {
        ProcessorState state = protectedState();
        state.segments[ProcessorState.CS] = segment(KERNEL_CODE, 0xA09B);
        state.cr0 |= Control.CR0_PG | Control.CR0_WP;
        state.cr3 = PML4;
        state.cr4 = Control.CR4_PAE | Control.CR4_PGE | Control.CR4_OSFXSR | Control.CR4_OSXMMEXCPT;
        state.efer = Control.EFER_LME | Control.EFER_LMA | Control.EFER_NXE | Control.EFER_SCE;
        return state;
    }

    private ProcessorState protectedState() {
        ProcessorState state = new ProcessorState();
        for (int i = 0; i < 6; i++) {
            state.segments[i] = segment(KERNEL_DATA, 0xC093);
        }
        state.segments[ProcessorState.CS] = segment(KERNEL_CODE_32, 0xC09B);
        state.segments[ProcessorState.LDTR] = new Segment(0, 0, 0, 0);
        state.segments[ProcessorState.TR] = new Segment(TASK, TSS, 0x67, 0x8B);
        state.gdtr = new Table(GDT, 0xFF);
        state.idtr = new Table(IDT, 0xFFF);
        state.cr0 = Control.CR0_PE | Control.CR0_ET | Control.CR0_NE;
        state.gpr[ProcessorState.RSP] = STACK;
        state.rip = CODE;
        return state;
    }

    /// Continues at CPL 3, in 64-bit mode or, in a protected-mode machine, in 32-bit mode.
    public TestVm user() {
        ProcessorState state = processor.state();
        boolean wide = mode == 64;
        state.segments[ProcessorState.CS] = segment(wide ? USER_CODE : USER_CODE_32, wide ? 0xA0FB : 0xC0FB);
        for (int i : new int[] {ProcessorState.ES, ProcessorState.SS, ProcessorState.DS, ProcessorState.FS}) {
            state.segments[i] = segment(USER_DATA, 0xC0F3);
        }
        state.segments[ProcessorState.GS] = segment(USER_DATA, 0xC0F3);
        state.gpr[ProcessorState.RSP] = USER_STACK;
        processor.load(state);
        return this;
    }

    /// Continues in 32-bit compatibility mode at CPL 3, for programs that say `bits 32`.
    public TestVm user32() {
        user();
        return with(state -> state.segments[ProcessorState.CS] = segment(USER_CODE_32, 0xC0FB));
    }

    /// Continues in 32-bit compatibility mode at CPL 0.
    public TestVm compatibility() {
        ProcessorState state = processor.state();
        state.segments[ProcessorState.CS] = segment(KERNEL_CODE_32, 0xC09B);
        processor.load(state);
        mode = 32;
        return this;
    }

    /// Changes registers between runs.
    public TestVm with(java.util.function.Consumer<ProcessorState> change) {
        ProcessorState state = processor.state();
        change.accept(state);
        processor.load(state);
        return this;
    }

    // ---- running

    /// Assembles a program at [#CODE], goes there, and runs it to its end.
    public Exit run(String program) {
        load(CODE, program);
        cpu.rip = mode == 16 ? 0 : CODE;
        cpu.halted = false;
        return processor.run();
    }

    /// Assembles code at an address.
    public void load(int address, String program) {
        long origin = mode == 16 ? address - CODE : address;
        byte[] bytes = Asm.bytes(mode, origin, program);
        memory.write(address, bytes, 0, bytes.length);
    }

    /// Goes on at an address, with code that is already there.
    public Exit goOn(int address) {
        cpu.rip = address;
        cpu.halted = false;
        return processor.run();
    }

    /// {@return how often the processor left translated code for a reason; 0 if it runs none}
    public long exits(String reason) {
        return processor.exits().getOrDefault(reason, 0L);
    }

    /// {@return the memory in which code is emitted, of a machine that runs translated code}
    public HostCode code() {
        return Objects.requireNonNull(code);
    }

    /// Puts bytes into memory.
    public void bytes(int address, int... values) {
        for (int i = 0; i < values.length; i++) {
            write(address + i, 1, values[i]);
        }
    }

    /// {@return why translated code was left, and how often}
    public Map<String, Long> exits() {
        return Objects.requireNonNull(translator).exits();
    }

    /// {@return another processor of the machine, in the state after INIT, with interrupts of its own}
    public Interpreter another() {
        Interpreter another =
                new Interpreter(memory, codePages, cpu.model, intercepts, new Pending(), Cpu.TRANSLATIONS);
        if (translator != null) {
            others.add(Engines.translator(another, Engines.code(), memory, Engines.settings(Cpu.TRANSLATIONS)));
        }
        return another;
    }

    public Interpreter processor() {
        return processor;
    }

    public Cpu cpu() {
        return cpu;
    }

    public GuestMemory memory() {
        return memory;
    }

    public CodePages codePages() {
        return codePages;
    }

    public Intercepted intercepts() {
        return intercepts;
    }

    public Pending interrupts() {
        return interrupts;
    }

    /// {@return a general register}
    public long gpr(int number) {
        return cpu.gpr[number];
    }

    public long rax() {
        return cpu.gpr[ProcessorState.RAX];
    }

    /// {@return which exception or interrupt ended the program, or -1 if it was its own HLT}
    public int vector() {
        long linear = cpu.longMode ? cpu.rip : cpu.segmentBase[ProcessorState.CS] + cpu.rip;
        long inside = linear - 1 - HANDLERS;
        return inside >= 0 && inside < 0x1000 ? (int) inside >> 4 : -1;
    }

    /// {@return what was pushed for the exception that ended the program}
    public Frame frame() {
        int size = mode == 64 || cpu.longMode ? 8 : 4;
        long at = cpu.gpr[ProcessorState.RSP];
        int vector = vector();
        boolean withError = vector == 8 || vector >= 10 && vector <= 14 || vector == 17;
        long[] values = new long[6];
        for (int i = withError ? 0 : 1; i < 6; i++) {
            values[i] = read(at, size);
            at += size;
        }
        return new Frame(values[0], values[1], values[2], values[3], values[4], values[5]);
    }

    // ---- memory, physical

    /// {@return `size` bytes at a physical address}
    public long read(long address, int size) {
        byte[] bytes = new byte[size];
        if (!memory.read(address, bytes, 0, size)) {
            throw new IllegalArgumentException("no memory at " + address);
        }
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xFF;
        }
        return value;
    }

    /// Stores `size` bytes at a physical address, as a device does.
    public void write(long address, int size, long value) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (value >>> 8 * i);
        }
        if (!memory.write(address, bytes, 0, size)) {
            throw new IllegalArgumentException("no memory at " + address);
        }
    }

    /// Maps the 4 KiB page at a linear address below 2 MiB, and forgets what was mapped there.
    public void map(int linear, long entry) {
        write(PT + 8L * (linear >> 12), 8, entry);
        processor.flushTranslations();
    }

    @Override
    public void close() {
        others.forEach(Translator::close);
        if (translator != null) {
            translator.close();
        }
        arena.close();
    }

    /// What the guest does outside its processor, recorded; ports and devices answer what was put in.
    public static final class Intercepted implements Intercepts {
        public final List<String> log = new ArrayList<>();
        public final Map<Integer, Long> msrs = new HashMap<>();
        public final Deque<Integer> inputs = new ArrayDeque<>();
        public final Map<Long, Long> devices = new HashMap<>();
        /// Called at each store to a device.
        public Runnable onWrite = () -> {};
        public boolean hypercalls;
        /// Serves hypercalls, with their control word, instead of noting them.
        public @Nullable LongConsumer onHypercall;
        public long time;

        @Override
        public int portIn(int port, int size) {
            log.add("in %x/%d".formatted(port, size));
            Integer value = inputs.poll();
            return value == null ? -1 >>> 32 - 8 * size : value;
        }

        @Override
        public void portOut(int port, int size, int value) {
            log.add("out %x/%d %x".formatted(port, size, value));
        }

        @Override
        public long memoryRead(long gpa, int size) {
            log.add("read %x/%d".formatted(gpa, size));
            return devices.getOrDefault(gpa, -1L) & -1L >>> 64 - 8 * size;
        }

        @Override
        public void memoryWrite(long gpa, int size, long value) {
            log.add("write %x/%d %x".formatted(gpa, size, value));
            onWrite.run();
        }

        @Override
        public void cpuid(int leaf, int subleaf, int[] registers) {}

        @Override
        public boolean canReadMsr(int index) {
            return msrs.containsKey(index);
        }

        @Override
        public long readMsr(int index) {
            return msrs.get(index);
        }

        @Override
        public boolean writeMsr(int index, long value) {
            return msrs.replace(index, value) != null;
        }

        @Override
        public boolean hypercallsEnabled() {
            return hypercalls;
        }

        @Override
        public long hypercall(long control, long input, long output) {
            LongConsumer served = onHypercall;
            if (served != null) {
                served.accept(control);
                return 0;
            }
            log.add("hypercall %x %x %x".formatted(control, input, output));
            return 0x1_2345_6789L;
        }

        @Override
        public long timeStamp() {
            return time++;
        }
    }

    /// Interrupts that a test makes pending.
    public static final class Pending implements InterruptSource {
        public final Queue<Integer> vectors = new ConcurrentLinkedQueue<>();
        public volatile boolean nmi;
        private int cr8;

        @Override
        public boolean pending() {
            return !vectors.isEmpty();
        }

        @Override
        public int acknowledge() {
            Integer vector = vectors.poll();
            return vector == null ? NONE : vector;
        }

        @Override
        public boolean takeNmi() {
            boolean waiting = nmi;
            nmi = false;
            return waiting;
        }

        @Override
        public int cr8() {
            return cr8;
        }

        @Override
        public void cr8(int value) {
            cr8 = value;
        }
    }

    /// {@return the flags that the program ended with}
    public int flags() {
        return cpu.rflags() & ~Flags.RF;
    }
}

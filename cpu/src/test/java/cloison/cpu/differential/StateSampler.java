package cloison.cpu.differential;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RBP;
import static cloison.machine.processor.ProcessorState.RBX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDI;
import static cloison.machine.processor.ProcessorState.RDX;
import static cloison.machine.processor.ProcessorState.RSI;
import static cloison.machine.processor.ProcessorState.RSP;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.CpuState;
import cloison.cpu.state.Flags;
import cloison.linux.cpu.HostCpu;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.ProcessorState;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Makes the registers and the memory that an instruction starts from: random, but so that its memory operand is mostly
/// in the place's data, its counts mostly small, its numbers often on an edge.
final class StateSampler {
    private static final int POOL_SIZE = 1 << 16;
    private static final byte[] POOL = new byte[POOL_SIZE + Place.DATA_SIZE];
    private static final int[] SELECTORS = {
        0, 1, 3, 0x23, 0x2B, 0x33, 0x28, 0x2A, 0x10, 0x18, 0x1B, 0x40, 0x63, 0x83, 0xFFFF, 0x07, 0x0F, 0x0D, 0x17
    };

    static {
        new SplittableRandom(7).nextBytes(POOL);
    }

    /// How many sets of state components both sides have.
    static final int COMPONENTS = hostHas(CpuFeature.AVX) ? 8 : 4;
    private static final boolean COMPACTING = hostHas(CpuFeature.XSAVEC);

    private final SplittableRandom random;
    private final Place place;
    private final int mode;
    private final byte[] image;
    private final MachineState state;
    private int pinned;
    /// Where most addresses are near, or 0.
    private long hot;

    private static boolean hostHas(CpuFeature feature) {
        HostCpu host = HostCpu.probed();
        return host == null || host.has(feature.text());
    }

    /// @param image receives the content of the data pages
    StateSampler(SplittableRandom random, Place place, int mode, byte[] image, MachineState state) {
        this.random = random;
        this.place = place;
        this.mode = mode;
        this.image = image;
        this.state = state;
        System.arraycopy(POOL, random.nextInt(POOL_SIZE), image, 0, Place.DATA_SIZE);
        general();
        floating();
        int data = mode == 16 ? Place.DATA_16 : 0x2B;
        state.selectors[ProcessorState.CS] = mode == 64 ? 0x33 : mode == 32 ? 0x23 : Place.CODE_16;
        state.selectors[ProcessorState.SS] = data;
        state.selectors[ProcessorState.DS] = data;
        state.selectors[ProcessorState.ES] = data;
        state.selectors[ProcessorState.FS] = 0;
        state.selectors[ProcessorState.GS] = 0;
        state.vector = MachineState.NONE;
        state.error = 0;
        state.address = 0;
    }

    /// {@return a random address for `size` bytes of data: mostly whole in a page, sometimes over an edge}
    static long target(SplittableRandom random, Place place, int size) {
        long data = place.data();
        return switch (random.nextInt(20)) {
            case 0, 1 -> data + Place.PAGE - random.nextInt(size + 2); // D0 to D1
            case 2 -> data + 2 * Place.PAGE - random.nextInt(size + 2); // D1 to nothing
            case 3 -> data - random.nextInt(size + 2); // nothing to D0
            case 4 -> data + Place.R0 + random.nextInt(Place.PAGE);
            case 5 -> data + Place.D2 - random.nextInt(size + 2); // read-only to D2
            case 6 -> data + Place.D2 + Place.PAGE - random.nextInt(size + 2);
            case 7 -> place.code() + random.nextInt(Place.CODE_SIZE);
            case 8, 9 -> data + random.nextInt(2 * Place.PAGE);
            default -> data + (random.nextInt(2 * Place.PAGE - 64) & -16);
        };
    }

    /// Lets most addresses from here on be near one, so that accesses overlap.
    void near(long address) {
        hot = address;
    }

    /// {@return such an address}
    long linear(int size) {
        return hot != 0 && random.nextInt(4) != 0 ? hot + random.nextInt(17) - 8 : target(random, place, size);
    }

    /// {@return such an address as an offset in DS, ES and SS}
    private long target(int size) {
        return linear(size) - place.dataBase(mode);
    }

    private void general() {
        for (int i = 0; i < 16; i++) {
            long value = switch (random.nextInt(6)) {
                case 0 -> target(8);
                case 1 -> random.nextLong();
                default -> Values.integer(random);
            };
            state.gpr[i] = mode == 64 ? value : value & 0xFFFF_FFFFL;
        }
        long stack = place.data() - place.dataBase(mode) + 512 + random.nextInt(2 * Place.PAGE - 1024);
        state.gpr[RSP] = switch (random.nextInt(16)) {
            case 0 -> target(8);
            case 1 -> stack;
            case 2 -> mode == 64 ? random.nextLong() : stack;
            default -> stack & -8;
        };
        if (mode == 16) {
            state.gpr[RSP] |= (long) random.nextInt(0x1_0000) << 16; // a stack of 16 bits uses SP only
        }
        int flags = random.nextInt() & (Flags.STATUS | Flags.DF);
        if (random.nextInt(16) == 0) {
            flags |= random.nextInt() & (Flags.ID | Flags.NT);
        }
        if (random.nextInt(24) == 0) {
            flags |= Flags.AC;
        }
        state.rflags = 0x202 | flags;
        boolean based = mode == 64;
        state.fsBase = based ? segmentBase() : 0;
        state.gsBase = based ? segmentBase() : 0;
    }

    private long segmentBase() {
        return random.nextInt(3) == 0 ? random.nextLong() >> 17 : random.nextInt(0x1_0000);
    }

    private void floating() {
        byte[] fx = state.fx;
        Arrays.fill(fx, (byte) 0);
        int control = random.nextInt(6) == 0 ? random.nextInt() & 0xF3F | 0x40 : 0x37F;
        if (random.nextBoolean()) {
            control = control & ~0xF00 | random.nextInt() & 0xF00;
        }
        int status = random.nextInt() & 0x7F00 | (random.nextInt(3) == 0 ? random.nextInt() & 0x7F : 0);
        boolean pending = (status & ~control & 0x3F) != 0;
        if (pending && random.nextInt(4) != 0) {
            status &= ~0x3F;
            pending = false;
        }
        Values.put(fx, MachineState.FCW, 2, control);
        Values.put(fx, MachineState.FSW, 2, status | (pending ? 0x8080 : 0));
        fx[MachineState.FTW] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : random.nextBoolean() ? 0xFF : 0xFC);
        int mxcsr = random.nextInt(8) == 0 ? random.nextInt() & 0x1F80 : 0x1F80;
        if (random.nextBoolean()) {
            mxcsr |= random.nextInt() & 0xE03F; // rounding, flush to zero, flags
        }
        if (random.nextInt(4) == 0) {
            mxcsr |= random.nextInt() & 0x40; // denormals are zeros
        }
        Values.put(fx, MachineState.MXCSR, 4, mxcsr);
        Values.put(fx, MachineState.MXCSR_MASK, 4, 0xFFFF);
        for (int i = 0; i < 8; i++) {
            if (random.nextInt(4) == 0) {
                Values.vector(random, fx, MachineState.ST + 16 * i);
                Values.put(fx, MachineState.ST + 16 * i + 8, 8, 0xFFFF);
            } else {
                Values.float80(random, fx, MachineState.ST + 16 * i);
            }
        }
        for (int i = 0; i < 16; i++) {
            Values.vector(random, fx, MachineState.XMM + 16 * i);
            if (random.nextInt(8) == 0) {
                Arrays.fill(state.high, 16 * i, 16 * i + 16, (byte) 0);
            } else {
                Values.vector(random, state.high, 16 * i);
            }
        }
    }

    /// Fits the registers and the memory to one instruction; of several, the earlier wins.
    void fit(Instruction instruction) {
        Operand memory = null;
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.MEMORY) {
                memory = operand;
            } else if (operand.kind() == Kind.GATHERED) {
                gather(instruction, operand);
            }
        }
        implicit(instruction);
        if (memory != null) {
            int size = memory.size() == 0 ? 16 : memory.size();
            point(instruction, linear(size), size);
        }
        special(instruction);
    }

    /// {@return the base of a segment register}
    private long base(int segment) {
        return switch (segment) {
            case ProcessorState.FS -> mode == 64 ? state.fsBase : 0;
            case ProcessorState.GS -> mode == 64 ? state.gsBase : 0;
            case ProcessorState.CS -> place.codeBase(mode);
            default -> place.dataBase(mode);
        };
    }

    /// {@return the linear address of the stack's top}
    private long top() {
        return mode == 16 ? (state.gpr[RSP] & 0xFFFF) + place.data16() : state.gpr[RSP];
    }

    private void set(int register, long value) {
        if ((pinned & 1 << register) == 0) {
            state.gpr[register] = mode == 64 ? value : value & 0xFFFF_FFFFL;
        }
    }

    private void pin(int register) {
        pinned |= 1 << register;
    }

    /// Lets the memory operand be at `target`, as far as its form allows, and puts a number there.
    private void point(Instruction instruction, long target, int size) {
        long wanted = target;
        if (mode == 64 && random.nextInt(40) == 0) {
            wanted ^= 1L << 48 + random.nextInt(15); // not canonical
        }
        long segment = base(instruction.segment);
        long offset = wanted - segment - instruction.displacement;
        if (instruction.base != CpuState.ZERO) {
            if (instruction.base == instruction.index) {
                set(instruction.base, offset / (1 + (1L << instruction.scale)));
            } else {
                set(instruction.base, offset - (gpr(instruction.index) << instruction.scale));
            }
            pin(instruction.base);
            if (instruction.index != CpuState.ZERO) {
                pin(instruction.index);
            }
        } else if (instruction.index != CpuState.ZERO) {
            set(instruction.index, offset >> instruction.scale);
            pin(instruction.index);
        }
        number(instruction, address(instruction) - place.data(), size);
    }

    /// Lets the lanes of an index register be near data, as far as the form allows.
    private void gather(Instruction instruction, Operand indices) {
        long segment = base(instruction.segment);
        long base = 0;
        if (instruction.base != CpuState.ZERO) {
            set(instruction.base, place.data() + random.nextInt(Place.PAGE) - segment - instruction.displacement);
            pin(instruction.base);
            base = state.gpr[instruction.base];
        }
        int size = instruction.row.form().opcode() % 2 == 0 ? 4 : 8;
        for (int n = 0; n < indices.size() / size; n++) {
            long distance = linear(8) - segment - base - instruction.displacement >> instruction.scale;
            if (random.nextInt(40) != 0) {
                putLane(indices.number(), n, size, distance);
            }
        }
    }

    private void putLane(int register, int n, int size, long value) {
        int at = n * size;
        if (at < 16) {
            Values.put(state.fx, MachineState.XMM + 16 * register + at, size, value);
        } else {
            Values.put(state.high, 16 * register + at - 16, size, value);
        }
    }

    private long lane(int register, int n, int size) {
        int at = n * size;
        return at < 16
                ? Values.get(state.fx, MachineState.XMM + 16 * register + at, size)
                : Values.get(state.high, 16 * register + at - 16, size);
    }

    /// Lets the operands of a fused operation nearly cancel each other, or the product of others.
    private void cancel(Instruction instruction) {
        if (instruction.operand(2).kind() != Kind.XMM || random.nextBoolean()) {
            return;
        }
        int size = (instruction.row.form().rexW() == 1) ? 8 : 4;
        String digits = instruction.op().name().replaceAll("\\D", "");
        int a = instruction.operand(digits.charAt(0) - '1').number();
        int b = instruction.operand(digits.charAt(1) - '1').number();
        int c = instruction.operand(digits.charAt(2) - '1').number();
        for (int n = 0; n < 32 / size; n++) {
            long sign = random.nextBoolean() ? 1L << 8 * size - 1 : 0;
            long near = random.nextInt(5) - 2;
            if (size == 8) {
                double x = Double.longBitsToDouble(lane(a, n, 8));
                double y = Double.longBitsToDouble(lane(b, n, 8));
                putLane(c, n, 8, (Double.doubleToRawLongBits(x * y) ^ sign) + near);
            } else {
                float x = Float.intBitsToFloat((int) lane(a, n, 4));
                float y = Float.intBitsToFloat((int) lane(b, n, 4));
                putLane(c, n, 4, (Float.floatToRawIntBits(x * y) ^ sign) + near);
            }
        }
    }

    private long gpr(int register) {
        return register == CpuState.ZERO ? 0 : state.gpr[register];
    }

    /// Puts a number of the kind that the instruction works on at an offset in the data.
    private void number(Instruction instruction, long at, int size) {
        if (at < 0 || at > Place.DATA_SIZE - 16) {
            return;
        }
        int offset = (int) at;
        switch (instruction.op()) {
            case X87Op _ -> {
                switch (size) {
                    case 10 -> {
                        Values.float80(random, image, offset);
                        if (random.nextBoolean() && instruction.op().name().equals("FBLD")) {
                            for (int i = 0; i < 9; i++) {
                                image[offset + i] = (byte) (random.nextInt(10) << 4 | random.nextInt(10));
                            }
                        }
                    }
                    case 8 ->
                        Values.put(
                                image,
                                offset,
                                8,
                                random.nextBoolean() ? Values.float64(random) : Values.integer(random));
                    case 4 ->
                        Values.put(
                                image,
                                offset,
                                4,
                                random.nextBoolean() ? Values.float32(random) : Values.integer(random));
                    default -> Values.put(image, offset, 2, Values.integer(random));
                }
            }
            case VectorOp _, AvxOp _ -> {
                Values.vector(random, image, offset);
                if (size == 32 && offset + 32 <= Place.DATA_SIZE) {
                    Values.vector(random, image, offset + 16);
                }
            }
            default -> Values.put(image, offset, 8, Values.integer(random));
        }
    }

    /// Registers that the instruction uses without naming them.
    private void implicit(Instruction instruction) {
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.STRING_SOURCE) {
                string(RSI, operand.size(), instruction);
            } else if (operand.kind() == Kind.STRING_DESTINATION) {
                string(RDI, operand.size(), instruction);
            }
        }
        if (instruction.row.is("rep")) {
            long count = random.nextInt(12);
            long mask = instruction.addressSize == 8 ? -1 : instruction.addressSize == 4 ? 0xFFFF_FFFFL : 0xFFFF;
            set(RCX, random.nextInt(12) == 0 ? Values.integer(random) : state.gpr[RCX] & ~mask | count);
        }
        switch (instruction.op().name()) {
            case "XLAT" -> set(RBX, target(1) - (state.gpr[RAX] & 0xFF));
            case "MASKMOVQ", "MASKMOVDQU", "VMASKMOVDQU" -> set(RDI, target(16));
            case "ENTER", "LEAVE" ->
                set(RBP, random.nextInt(8) == 0 ? target(8) : state.gpr[RSP] + random.nextInt(256));
            case "LOOP", "LOOPE", "LOOPNE", "JRCXZ" ->
                set(RCX, random.nextBoolean() ? random.nextInt(3) : state.gpr[RCX]);
            default -> {}
        }
    }

    private void string(int register, int size, Instruction instruction) {
        long address = target(Math.max(size, 1) * (instruction.row.is("rep") ? 8 : 1));
        if (register == RSI) {
            address += place.dataBase(mode) - base(instruction.segment);
        }
        set(register, address);
        pin(register);
    }

    /// What makes an instruction do more than refuse.
    private void special(Instruction instruction) {
        if (instruction.row.is("cpuid=fma")) {
            cancel(instruction);
        }
        switch (instruction.op().name()) {
            case "BT", "BTS", "BTR", "BTC" -> {
                if (instruction.operand(1).kind() == Kind.GPR && random.nextInt(8) != 0) {
                    set(instruction.operand(1).number(), random.nextInt(0x1_0000) - 0x8000);
                }
            }
            case "DIV", "IDIV" -> {
                if (random.nextInt(3) != 0) {
                    boolean signed = instruction.op().name().equals("IDIV");
                    set(RDX, signed ? state.gpr[RAX] >> 63 : random.nextInt(4));
                    if (random.nextBoolean()) {
                        set(RAX, state.gpr[RAX] & 0x7FFF_7FFFL);
                        set(RDX, 0);
                    }
                }
            }
            case "CMPXCHG8B", "CMPXCHG16B" -> expected(instruction);
            case "CMPXCHG" -> {
                if (random.nextBoolean()) {
                    long at = address(instruction) - place.data();
                    Operand first = instruction.operand(0);
                    if (first.kind() == Kind.GPR) {
                        set(RAX, state.gpr[first.number()]);
                    } else if (at >= 0 && at <= Place.DATA_SIZE - 8) {
                        set(RAX, Values.get(image, (int) at, 8));
                    }
                }
            }
            case "MOV", "LAR", "LSL", "VERR", "VERW", "ARPL", "LLDT", "LTR" -> selector(instruction);
            case "POP" -> stack(8, SELECTORS[random.nextInt(SELECTORS.length)]);
            case "LSS", "LDS", "LES", "LFS", "LGS" ->
                poke(address(instruction) + instruction.operandSize, 2, SELECTORS[random.nextInt(SELECTORS.length)]);
            case "CALLF", "JMPF" -> farPointer(address(instruction), instruction.operandSize);
            case "RETF" -> {
                farPointer(top(), instruction.operandSize);
                if (instruction.operands.length > 0 && random.nextBoolean()) {
                    long next = top() + 2L * instruction.operandSize + (instruction.immediate & 0xFFFF);
                    poke(next, instruction.operandSize, target(8));
                    poke(next + instruction.operandSize, 2, state.selectors[ProcessorState.SS]);
                }
            }
            case "IRET" -> frame(instruction.operandSize);
            case "RET" -> poke(top(), 8, random.nextInt(4) == 0 ? target(8) : codeTarget());
            case "JMP", "CALL" -> {
                Operand operand = instruction.operand(0);
                if (operand.kind() == Kind.GPR) {
                    set(operand.number(), random.nextInt(4) == 0 ? state.gpr[operand.number()] : codeTarget());
                } else if (operand.kind() == Kind.MEMORY) {
                    poke(address(instruction), 8, random.nextInt(4) == 0 ? Values.integer(random) : codeTarget());
                }
            }
            case "XSAVE", "XSAVE64", "XSAVEOPT", "XSAVEOPT64", "XSAVEC", "XSAVEC64" -> components();
            case "XRSTOR", "XRSTOR64" -> {
                components();
                pokeImage(address(instruction));
                long header = address(instruction) + MachineState.FX_SIZE;
                for (int i = 0; i < 64; i += 8) {
                    poke(header + i, 8, random.nextInt(80) == 0 ? 1L << 40 : 0);
                }
                int present = random.nextInt(COMPONENTS);
                poke(header, 1, present);
                if (COMPACTING && random.nextBoolean()) {
                    int format =
                            random.nextInt(8) == 0 ? random.nextInt(COMPONENTS) : present | random.nextInt(COMPONENTS);
                    poke(header + 8, 8, 1L << 63 | format);
                }
            }
            case "FXRSTOR", "FXRSTOR64" -> {
                if (random.nextInt(4) != 0) {
                    pokeImage(address(instruction));
                }
            }
            case "FRSTOR", "FLDENV" -> poke(address(instruction), 2, 0x37F);
            case "LDMXCSR", "VLDMXCSR" ->
                poke(address(instruction), 4, random.nextInt() & 0x1_FFFF & (random.nextInt(4) == 0 ? -1 : 0xFFFF));
            default -> {}
        }
    }

    /// The components that both sides have: x87, SSE, and AVX if the host has it.
    private void components() {
        set(RAX, random.nextInt(COMPONENTS));
        set(RDX, random.nextInt(4) << 20);
    }

    private void expected(Instruction instruction) {
        long at = address(instruction) - place.data();
        int size = instruction.op().name().equals("CMPXCHG8B") ? 4 : 8;
        if (random.nextBoolean() && at >= 0 && at <= Place.DATA_SIZE - 16) {
            set(RAX, Values.get(image, (int) at, size));
            set(RDX, Values.get(image, (int) at + size, size));
        }
    }

    private void selector(Instruction instruction) {
        int selector = SELECTORS[random.nextInt(SELECTORS.length)];
        boolean segments =
                !instruction.op().name().equals("MOV") || instruction.operand(0).kind() == Kind.SEGMENT;
        if (!segments) {
            return;
        }
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Kind.GPR && random.nextInt(4) != 0) {
                set(operand.number(), state.gpr[operand.number()] & ~0xFFFFL | selector);
            } else if (operand.kind() == Kind.GPR && (state.gpr[operand.number()] & 0xFFF8) == 0x78) {
                set(operand.number(), 0); // the segment whose limit names the processor
            } else if (operand.kind() == Kind.MEMORY) {
                poke(address(instruction), 2, selector);
            }
        }
    }

    private long codeTarget() {
        return place.code() - place.codeBase(mode) + random.nextInt(Place.CODE_SIZE);
    }

    private void farPointer(long at, int size) {
        poke(at, size, random.nextInt(8) == 0 ? Values.integer(random) : codeTarget());
        poke(at + size, 2, farSelector());
    }

    private int farSelector() {
        if (random.nextInt(4) == 0) {
            return SELECTORS[random.nextInt(SELECTORS.length)];
        }
        return mode == 16 && random.nextInt(4) != 0 ? Place.CODE_16 : random.nextBoolean() ? 0x33 : 0x23;
    }

    private void frame(int size) {
        long at = top();
        poke(at, size, codeTarget());
        poke(at + size, size, farSelector());
        poke(at + 2L * size, size, random.nextInt() & ~(Flags.VM | Flags.TF | Flags.AC));
        poke(at + 3L * size, size, target(8));
        poke(
                at + 4L * size,
                size,
                random.nextInt(4) == 0
                        ? SELECTORS[random.nextInt(SELECTORS.length)]
                        : state.selectors[ProcessorState.SS]);
        if (random.nextInt(8) != 0) {
            state.rflags &= ~Flags.NT;
        }
    }

    private void stack(int size, long value) {
        if (random.nextBoolean()) {
            poke(top(), size, value);
        }
    }

    /// {@return the linear address of the memory operand}
    long address(Instruction instruction) {
        long offset = gpr(instruction.base) + (gpr(instruction.index) << instruction.scale) + instruction.displacement;
        long bits = instruction.addressSize == 8 ? -1 : (1L << 8 * instruction.addressSize) - 1;
        return (offset & bits) + base(instruction.segment);
    }

    private void poke(long address, int size, long value) {
        long at = address - place.data();
        if (at >= 0 && at <= Place.DATA_SIZE - size) {
            Values.put(image, (int) at, size, value);
        }
    }

    private void pokeImage(long address) {
        long at = address - place.data();
        if (at >= 0 && at <= Place.DATA_SIZE - MachineState.FX_SIZE) {
            System.arraycopy(state.fx, 0, image, (int) at, MachineState.FX_END);
        }
    }
}

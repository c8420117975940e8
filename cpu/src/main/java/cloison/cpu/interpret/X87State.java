package cloison.cpu.interpret;

import cloison.cpu.state.CpuState;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// The images in which x87, MMX, SSE and AVX state are saved: FXSAVE's 512 bytes with XSAVE's header and the upper
/// halves of the YMM registers after them, and the environments of FNSTENV with FNSAVE's registers after them.
///
/// The upper halves are the only component outside the legacy region, so the standard and the compacted format put
/// them at the same place, and differ in the header alone.
///
/// FCS and FDS are deprecated, as CPUID says (leaf 7, EBX bit 13): they are stored as 0 and not loaded. Source: SDM
/// volume 1, 8.1.10, 10.5.1, 13.4 and 13.5.3.
///
/// ```text
///  0    2    4   5 6    8          16         24     28    32        160          416   512     576          832
///  +----+----+---+-+----+----------+----------+------+-----+---------+------------+-----+-------+------------+
///  |FCW |FSW |FTW| |FOP | FIP      | FDP      |MXCSR |mask | ST0..7  | XMM0..15   |     |header |upper halves|
///  +----+----+---+-+----+----------+----------+------+-----+---------+------------+-----+-------+------------+
/// ```
final class X87State {
    /// Bytes of the XSAVE formats with the components x87 and SSE.
    static final int SIZE = 576;
    /// Bytes of the XSAVE formats with AVX as well.
    static final int EXTENDED = 832;
    /// Bytes of the part that FXSAVE stores.
    static final int STORED = 416;

    static final int MXCSR = 24;
    static final int MXCSR_MASK = 28;
    static final int REGISTERS = 32;
    static final int XMM = 160;
    static final int HEADER = 512;
    static final int YMM_HIGH = SIZE;

    /// Bits of MXCSR that exist.
    static final int MXCSR_BITS = 0xFFFF;

    /// Component bits: XCR0 and XSTATE_BV.
    static final int X87 = 1;

    static final int SSE = 2;
    static final int AVX = 4;

    /// Longs of the upper halves.
    private static final int HALVES = (EXTENDED - YMM_HIGH) / Long.BYTES;

    private static final int INITIAL_CONTROL = 0x37F;
    private static final int CONTROL_BITS = 0x1F7F;
    static final int INITIAL_MXCSR = 0x1F80;

    private X87State() {}

    /// {@return the components that XCR0 can enable on a processor of `model`}
    static long components(CpuModel model) {
        return !model.has(CpuFeature.XSAVE) ? 0 : X87 | SSE | (model.has(CpuFeature.AVX) ? AVX : 0);
    }

    /// {@return whether XCR0 may be `value`: x87 always, AVX only with SSE}
    static boolean allowed(long value, long components) {
        return (value & ~components) == 0 && (value & X87) != 0 && ((value & AVX) == 0 || (value & SSE) != 0);
    }

    /// {@return bytes of either format with `components`}
    static int size(long components) {
        return (components & AVX) != 0 ? EXTENDED : SIZE;
    }

    /// {@return FCW as it is after `value` is loaded}
    static int control(int value) {
        return value & CONTROL_BITS | 0x40;
    }

    /// Loads FSW; the summary bits follow from the exceptions and their masks.
    static void status(CpuState cpu, int value) {
        cpu.x87Top = value >>> 11 & 7;
        cpu.x87Status = value & 0x477F;
        summarize(cpu);
    }

    /// Recomputes the error summary and busy bits.
    static void summarize(CpuState cpu) {
        boolean pending = (cpu.x87Status & ~cpu.x87Control & 0x3F) != 0;
        cpu.x87Status = cpu.x87Status & 0x477F | (pending ? 0x8080 : 0);
    }

    /// {@return FSW}
    static int status(CpuState cpu) {
        return cpu.x87Status | cpu.x87Top << 11;
    }

    /// Does what FNINIT does.
    static void initialize(CpuState cpu) {
        cpu.x87Control = INITIAL_CONTROL;
        cpu.x87Status = 0;
        cpu.x87Top = 0;
        cpu.x87Valid = 0;
        cpu.x87Opcode = 0;
        cpu.x87Instruction = 0;
        cpu.x87InstructionSelector = 0;
        cpu.x87Operand = 0;
        cpu.x87OperandSelector = 0;
    }

    /// Puts the x87 component into its initial configuration, registers included.
    static void reset(CpuState cpu) {
        initialize(cpu);
        Arrays.fill(cpu.x87Significand, 0);
        Arrays.fill(cpu.x87Exponent, 0);
    }

    /// {@return the components that are not in their initial configuration}
    static int inUse(CpuState cpu) {
        boolean x87 = cpu.x87Control != INITIAL_CONTROL
                || (cpu.x87Status | cpu.x87Top | cpu.x87Valid | cpu.x87Opcode) != 0
                || (cpu.x87Instruction | cpu.x87Operand) != 0;
        for (int i = 0; i < 8 && !x87; i++) {
            x87 = (cpu.x87Significand[i] | cpu.x87Exponent[i]) != 0;
        }
        boolean sse = cpu.mxcsr != INITIAL_MXCSR;
        for (int i = 0; i < CpuState.XMM_SOURCE && !sse; i++) {
            sse = cpu.xmm[i] != 0;
        }
        boolean avx = false;
        for (int i = 0; i < HALVES && !avx; i++) {
            avx = cpu.ymmHigh[i] != 0;
        }
        return (x87 ? X87 : 0) | (sse ? SSE : 0) | (avx ? AVX : 0);
    }

    /// Writes the x87 part of the image: bytes 0..23 and the registers.
    ///
    /// @param wide whether instruction and operand pointers have 64 bits
    static void storeX87(CpuState cpu, byte[] to, boolean wide) {
        Wire.put16(to, 0, cpu.x87Control);
        Wire.put16(to, 2, status(cpu));
        Wire.put16(to, 4, cpu.x87Valid);
        Wire.put16(to, 6, cpu.x87Opcode);
        long mask = wide ? -1 : 0xFFFF_FFFFL;
        Wire.put64(to, 8, cpu.x87Instruction & mask);
        Wire.put64(to, 16, cpu.x87Operand & mask);
        for (int i = 0; i < 8; i++) {
            int r = cpu.x87Top + i & 7;
            Wire.put64(to, REGISTERS + 16 * i, cpu.x87Significand[r]);
            Wire.put64(to, REGISTERS + 16 * i + 8, cpu.x87Exponent[r]);
        }
    }

    /// Writes MXCSR, its mask and the XMM registers.
    static void storeSse(CpuState cpu, byte[] to) {
        Wire.put32(to, MXCSR, cpu.mxcsr);
        Wire.put32(to, MXCSR_MASK, MXCSR_BITS);
        for (int i = 0; i < CpuState.XMM_SOURCE; i++) {
            Wire.put64(to, XMM + 8 * i, cpu.xmm[i]);
        }
    }

    /// Loads the x87 part of an image; the instruction pointer keeps its 57 address bits.
    static void loadX87(CpuState cpu, byte[] from, boolean wide) {
        cpu.x87Control = control(Wire.u16(from, 0));
        status(cpu, Wire.u16(from, 2));
        cpu.x87Valid = Wire.u8(from, 4);
        cpu.x87Opcode = Wire.u16(from, 6) & 0x7FF;
        long mask = wide ? -1 : 0xFFFF_FFFFL;
        cpu.x87Instruction = Wire.u64(from, 8) << 7 >> 7 & mask;
        cpu.x87Operand = Wire.u64(from, 16) & mask;
        for (int i = 0; i < 8; i++) {
            int r = cpu.x87Top + i & 7;
            cpu.x87Significand[r] = Wire.u64(from, REGISTERS + 16 * i);
            cpu.x87Exponent[r] = Wire.u16(from, REGISTERS + 16 * i + 8);
        }
    }

    /// Loads the first `count` XMM registers of an image.
    static void loadXmm(CpuState cpu, byte[] from, int count) {
        for (int i = 0; i < 2 * count; i++) {
            cpu.xmm[i] = Wire.u64(from, XMM + 8 * i);
        }
    }

    /// Writes the upper halves of the YMM registers.
    static void storeHalves(CpuState cpu, byte[] to) {
        for (int i = 0; i < HALVES; i++) {
            Wire.put64(to, YMM_HIGH + 8 * i, cpu.ymmHigh[i]);
        }
    }

    /// Loads the upper halves of the first `count` YMM registers of an image.
    static void loadHalves(CpuState cpu, byte[] from, int count) {
        for (int i = 0; i < 2 * count; i++) {
            cpu.ymmHigh[i] = Wire.u64(from, YMM_HIGH + 8 * i);
        }
    }

    /// {@return the state in the standard XSAVE format, as `ProcessorState.xsave` keeps it}
    static byte[] image(CpuState cpu) {
        byte[] image = new byte[EXTENDED];
        storeX87(cpu, image, true);
        storeSse(cpu, image);
        storeHalves(cpu, image);
        Wire.put64(image, HEADER, X87 | SSE | AVX);
        return image;
    }

    /// Loads the state from the standard XSAVE format; what the image does not hold takes its initial configuration.
    ///
    /// @param image as [#image] makes it, longer, or empty
    static void load(CpuState cpu, byte[] image) {
        if (image.length != 0 && image.length < SIZE) {
            throw new IllegalArgumentException(
                    "a saved x87 and SSE state has at least %d bytes, this one has %d".formatted(SIZE, image.length));
        }
        long present = image.length == 0 ? 0 : Wire.u64(image, HEADER);
        if (image.length != 0 && image.length < size(present)) {
            throw new IllegalArgumentException(
                    "a saved AVX state has at least %d bytes, this one has %d".formatted(EXTENDED, image.length));
        }
        reset(cpu);
        Arrays.fill(cpu.xmm, 0);
        Arrays.fill(cpu.ymmHigh, 0);
        cpu.mxcsr = INITIAL_MXCSR;
        if ((present & X87) != 0) {
            loadX87(cpu, image, true);
        }
        if ((present & SSE) != 0) {
            loadXmm(cpu, image, 16);
            cpu.mxcsr = Wire.i32(image, MXCSR) & MXCSR_BITS;
        }
        if ((present & AVX) != 0) {
            loadHalves(cpu, image, 16);
        }
    }

    /// {@return the full tag word: 0 valid, 1 zero, 2 special, 3 empty for each register}
    static int tags(CpuState cpu) {
        int tags = 0;
        for (int r = 0; r < 8; r++) {
            int tag = 3;
            if ((cpu.x87Valid >>> r & 1) != 0) {
                int exponent = cpu.x87Exponent[r] & 0x7FFF;
                long significand = cpu.x87Significand[r];
                tag = exponent == 0 && significand == 0 ? 1 : exponent == 0x7FFF || significand >= 0 ? 2 : 0;
                if (exponent == 0 && significand < 0) {
                    tag = 2;
                }
            }
            tags |= tag << 2 * r;
        }
        return tags;
    }

    /// Loads a full tag word, of which only "empty" counts.
    static void tags(CpuState cpu, int tags) {
        int valid = 0;
        for (int r = 0; r < 8; r++) {
            if ((tags >>> 2 * r & 3) != 3) {
                valid |= 1 << r;
            }
        }
        cpu.x87Valid = valid;
    }

    /// Writes an environment; {@return its bytes: 28 or 14}
    ///
    /// @param wide whether it has 32-bit fields
    /// @param real whether it has the form of real and virtual-8086 mode
    static int storeEnvironment(CpuState cpu, byte[] to, boolean wide, boolean real) {
        int instruction = (int) cpu.x87Instruction;
        int operand = (int) cpu.x87Operand;
        if (wide) {
            Wire.put32(to, 0, 0xFFFF_0000 | cpu.x87Control);
            Wire.put32(to, 4, 0xFFFF_0000 | status(cpu));
            Wire.put32(to, 8, 0xFFFF_0000 | tags(cpu));
            Wire.put32(to, 12, real ? 0xFFFF_0000 | instruction & 0xFFFF : instruction);
            Wire.put32(to, 16, real ? instruction >>> 16 << 12 | cpu.x87Opcode : cpu.x87Opcode << 16);
            Wire.put32(to, 20, real ? 0xFFFF_0000 | operand & 0xFFFF : operand);
            Wire.put32(to, 24, real ? operand >>> 16 << 12 : 0xFFFF_0000);
            return 28;
        }
        Wire.put16(to, 0, cpu.x87Control);
        Wire.put16(to, 2, status(cpu));
        Wire.put16(to, 4, tags(cpu));
        Wire.put16(to, 6, instruction);
        Wire.put16(to, 8, real ? instruction >>> 16 << 12 | cpu.x87Opcode : 0);
        Wire.put16(to, 10, operand);
        Wire.put16(to, 12, real ? operand >>> 16 << 12 : 0);
        return 14;
    }

    /// Loads an environment.
    static void loadEnvironment(CpuState cpu, byte[] from, boolean wide, boolean real) {
        int step = wide ? 4 : 2;
        cpu.x87Control = control(Wire.u16(from, 0));
        status(cpu, Wire.u16(from, step));
        tags(cpu, Wire.u16(from, 2 * step));
        if (wide) {
            long pointers = Wire.u32(from, 16);
            long high = Wire.u32(from, 24);
            cpu.x87Opcode = (int) (real ? pointers : pointers >>> 16) & 0x7FF;
            cpu.x87Instruction = real ? Wire.u16(from, 12) | (pointers >>> 12 & 0xFFFF) << 16 : Wire.u32(from, 12);
            cpu.x87Operand = real ? Wire.u16(from, 20) | (high >>> 12 & 0xFFFF) << 16 : Wire.u32(from, 20);
            return;
        }
        int pointers = Wire.u16(from, 8);
        cpu.x87Opcode = real ? pointers & 0x7FF : 0;
        cpu.x87Instruction = Wire.u16(from, 6) | (real ? pointers >>> 12 << 16 : 0);
        cpu.x87Operand = Wire.u16(from, 10) | (real ? Wire.u16(from, 12) >>> 12 << 16 : 0);
    }

    /// Writes the registers as FNSAVE does, ST0 first, ten bytes each, from `at`.
    static void storeRegisters(CpuState cpu, byte[] to, int at) {
        for (int i = 0; i < 8; i++) {
            int r = cpu.x87Top + i & 7;
            Wire.put64(to, at + 10 * i, cpu.x87Significand[r]);
            Wire.put16(to, at + 10 * i + 8, cpu.x87Exponent[r]);
        }
    }

    /// Loads the registers as FRSTOR does.
    static void loadRegisters(CpuState cpu, byte[] from, int at) {
        for (int i = 0; i < 8; i++) {
            int r = cpu.x87Top + i & 7;
            cpu.x87Significand[r] = Wire.u64(from, at + 10 * i);
            cpu.x87Exponent[r] = Wire.u16(from, at + 10 * i + 8);
        }
    }
}

package cloison.cpu.decode;

import cloison.cpu.decode.Form.Immediate;
import cloison.cpu.decode.Form.Place;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.CpuState;
import cloison.machine.processor.ProcessorState;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns bytes into an [Instruction].
///
/// It is given the bytes that are at hand and either decodes, or says why not. [Outcome#MORE] asks for bytes from the
/// next page, which the caller fetches only then, so that an instruction that ends at a page never touches the page
/// after it. C4 and C5 are VEX prefixes in 64-bit mode and where a ModRM byte after them would not name memory, else
/// LES and LDS. EVEX encodings are not decoded: 62 is BOUND outside 64-bit mode with a memory operand, and undefined
/// otherwise.
///
/// **Owner:** the thread that runs the processor; every processor has its own.
public final class Decoder {
    /// How a decode ended.
    public enum Outcome {
        /// There is an instruction.
        DONE,
        /// The bytes given are a beginning; more are needed, of at most [#LONGEST].
        MORE,
        /// No instruction: #UD.
        UNDEFINED,
        /// It would be longer than [#LONGEST] bytes: #GP(0).
        TOO_LONG
    }

    /// The most bytes of an instruction.
    public static final int LONGEST = 15;

    // classes of prefix bytes
    private static final int NO_PREFIX = 0;
    private static final int SEGMENT = 1;
    private static final int OPERAND_SIZE = 2;
    private static final int ADDRESS_SIZE = 3;
    private static final int LOCK = 4;
    private static final int REPEAT = 5;
    private static final int REX = 6;
    private static final byte[] PREFIXES = new byte[256];

    static {
        PREFIXES[0x26] = SEGMENT;
        PREFIXES[0x2E] = SEGMENT;
        PREFIXES[0x36] = SEGMENT;
        PREFIXES[0x3E] = SEGMENT;
        PREFIXES[0x64] = SEGMENT;
        PREFIXES[0x65] = SEGMENT;
        PREFIXES[0x66] = OPERAND_SIZE;
        PREFIXES[0x67] = ADDRESS_SIZE;
        PREFIXES[0xF0] = LOCK;
        PREFIXES[0xF2] = REPEAT;
        PREFIXES[0xF3] = REPEAT;
        for (int i = 0x40; i < 0x50; i++) {
            PREFIXES[i] = REX;
        }
    }

    /// Base and index of 16-bit ModRM.rm: BX+SI, BX+DI, BP+SI, BP+DI, SI, DI, BP, BX.
    private static final int[] BASE_16 = {3, 3, 5, 5, 6, 7, 5, 3};

    private static final int[] INDEX_16 = {6, 7, 6, 7, CpuState.ZERO, CpuState.ZERO, CpuState.ZERO, CpuState.ZERO};

    /// What VEX.pp stands for.
    private static final int[] VEX_PREFIXES = {Form.NO_PREFIX, Form.PREFIX_66, Form.PREFIX_F3, Form.PREFIX_F2};

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final OpcodeTable table;
    private Outcome outcome = Outcome.DONE;

    // the bytes at hand
    private byte[] code = {};
    private int start;
    private int position;
    private int end;
    /// Whether bytes beyond `end` were asked for.
    private boolean starved;

    // what the prefixes said
    private int mode;
    private int rex;
    private int segment;
    private boolean relative;

    // what a VEX prefix said, if there is one
    private boolean vex;
    private int vexRegister;
    private int vexPrefix;
    private int vexLength;
    /// Whether ModRM.rm must be memory with a vector register as index.
    private boolean gathers;

    private int vectorIndex;

    public Decoder(OpcodeTable table) {
        this.table = table;
    }

    /// {@return why the last decode ended as it did}
    public Outcome outcome() {
        return outcome;
    }

    /// Decodes the instruction whose first bytes are at `code[offset]`.
    ///
    /// @param available how many bytes there are; those past the fifteenth are not looked at
    /// @param mode code size: 16, 32 or 64
    /// @param address offset of the first byte in CS
    /// @return the instruction, or null where [#outcome()] is not `DONE`
    public @Nullable Instruction decode(byte[] code, int offset, int available, int mode, long address) {
        this.code = code;
        this.mode = mode;
        start = offset;
        position = offset;
        end = offset + Math.min(available, LONGEST);
        starved = false;
        relative = false;
        vex = false;
        Instruction instruction = decode(address);
        if (starved) {
            outcome = available >= LONGEST ? Outcome.TOO_LONG : Outcome.MORE;
            return null;
        }
        outcome = instruction == null ? Outcome.UNDEFINED : Outcome.DONE;
        return instruction;
    }

    private @Nullable Instruction decode(long address) {
        boolean mode64 = mode == 64;
        boolean operandPrefix = false;
        boolean addressPrefix = false;
        boolean lock = false;
        int repeat = 0;
        int prefixRex = 0;
        segment = -1;
        int opcode;
        while (true) {
            opcode = fetch8();
            int prefix = PREFIXES[opcode];
            if (prefix == NO_PREFIX) {
                break;
            }
            if (prefix == REX) {
                if (!mode64) {
                    break;
                }
                prefixRex = opcode;
                continue;
            }
            // REX counts only right before the opcode
            prefixRex = 0;
            switch (prefix) {
                case SEGMENT -> segment(opcode);
                case OPERAND_SIZE -> operandPrefix = true;
                case ADDRESS_SIZE -> addressPrefix = true;
                case LOCK -> lock = true;
                default -> repeat = opcode;
            }
            if (starved) {
                return null;
            }
        }
        rex = prefixRex;
        if (opcode == 0x0F) {
            opcode = 0x100 | fetch8();
            if (opcode == 0x138) {
                opcode = 0x200 | fetch8();
            } else if (opcode == 0x13A) {
                opcode = 0x300 | fetch8();
            }
        } else if ((opcode & 0xFE) == 0xC4 && vexFollows()) {
            if (lock || repeat != 0 || operandPrefix || rex != 0) {
                return null;
            }
            opcode = vex(opcode);
            if (opcode == 0) {
                return null;
            }
        }
        if (starved) {
            return null;
        }
        int dominant = vex
                ? vexPrefix
                : repeat == 0xF3
                        ? Form.PREFIX_F3
                        : repeat == 0xF2 ? Form.PREFIX_F2 : operandPrefix ? Form.PREFIX_66 : Form.NO_PREFIX;
        @Nullable Row[] rows = table.find(opcode, rex & 8 | (mode64 ? 4 : 0) | dominant);
        if (rows.length == 0) {
            return null;
        }
        int modrm = rows.length == 1 ? 0 : fetch8();
        Row row = rows[modrm];
        if (row == null || starved) {
            return null;
        }
        Form form = row.form();
        Instruction instruction = new Instruction(row);
        instruction.mode = mode;
        instruction.address = address;
        instruction.repeat = repeat;
        instruction.lock = lock;
        instruction.modrm = modrm;
        instruction.vectorSize = vex && vexLength != 0 ? 32 : 16;
        instruction.operandSize = vex
                ? mode64 && (rex & 8) != 0 ? 8 : 4
                : operandSize(row, operandPrefix && form.prefix() != Form.Prefix.P66);
        instruction.addressSize =
                mode64 ? addressPrefix ? 4 : 8 : addressPrefix ? (mode == 32 ? 2 : 4) : mode == 32 ? 4 : 2;
        boolean memory = form.modrm() && modrm < 0xC0 && form.place() != Place.REGISTER_ALWAYS;
        if (lock && !(memory && row.lockable())) {
            return null;
        }
        int fallback = ProcessorState.DS;
        gathers = vex && row.gathers();
        if (gathers && ((modrm & 7) != 4 || instruction.addressSize == 2)) {
            return null;
        }
        if (memory) {
            fallback = instruction.addressSize == 2 ? memory16(instruction, modrm) : memory(instruction, modrm);
        }
        instruction.segment = segment < 0 ? fallback : segment;
        immediates(instruction, form);
        if (starved) {
            return null;
        }
        instruction.length = position - start;
        if (relative) {
            instruction.displacement += address + instruction.length;
        }
        return operands(instruction, memory, opcode, modrm) ? instruction : null;
    }

    /// {@return whether C4 or C5 is a VEX prefix, as the byte after it says}
    private boolean vexFollows() {
        if (mode == 64) {
            return true;
        }
        int next = fetch8();
        position--;
        return next >= 0xC0;
    }

    /// Reads the rest of a VEX prefix and the opcode; {@return its index in the table, or 0 if there is none}
    private int vex(int first) {
        vex = true;
        int map = 1;
        int last = fetch8();
        // R, X and B are stored inverted
        int extension = (last ^ 0x80) >> 5 & 4;
        if (first == 0xC4) {
            map = last & 0x1F;
            extension = (last ^ 0xE0) >> 5 & 7;
            last = fetch8();
            extension |= last >> 4 & 8;
        }
        // outside 64-bit mode there are registers 0 to 7, and W stays
        rex = mode == 64 ? extension : extension & 8;
        vexRegister = (last >> 3 & 15 ^ 15) & (mode == 64 ? 15 : 7);
        vexLength = last >> 2 & 1;
        vexPrefix = VEX_PREFIXES[last & 3];
        int opcode = fetch8();
        return map == 0 || map > 3 ? 0 : OpcodeTable.vex(map << 8 | opcode, vexLength);
    }

    private void segment(int prefix) {
        if (prefix >= 0x64) {
            segment = prefix - 0x64 + ProcessorState.FS;
        } else if (mode != 64) {
            segment = prefix >> 3 & 3;
        }
    }

    private int operandSize(Row row, boolean prefix) {
        if (mode == 64) {
            return switch (row.size()) {
                case ORDINARY -> (rex & 8) != 0 ? 8 : prefix ? 2 : 4;
                case DEFAULT_64 -> prefix && (rex & 8) == 0 ? 2 : 8;
                case FORCED_64 -> 8;
            };
        }
        return mode == 32 == prefix ? 2 : 4;
    }

    /// Reads the memory operand of 32- and 64-bit addressing; {@return its default segment}
    private int memory(Instruction instruction, int modrm) {
        int mod = modrm >> 6;
        int base = modrm & 7;
        if (base == 4) {
            int sib = fetch8();
            int index = sib >> 3 & 7 | (rex & 2) << 2;
            if (gathers) {
                vectorIndex = index;
                instruction.scale = sib >> 6;
            } else if (index != 4) {
                instruction.index = index;
                instruction.scale = sib >> 6;
            }
            base = sib & 7;
            if (base == 5 && mod == 0) {
                instruction.displacement = fetch32();
                return ProcessorState.DS;
            }
        } else if (base == 5 && mod == 0) {
            instruction.displacement = fetch32();
            relative = mode == 64;
            return ProcessorState.DS;
        }
        base |= (rex & 1) << 3;
        instruction.base = base;
        if (mod == 1) {
            instruction.displacement = (byte) fetch8();
        } else if (mod == 2) {
            instruction.displacement = fetch32();
        }
        return base == 4 || base == 5 ? ProcessorState.SS : ProcessorState.DS;
    }

    private int memory16(Instruction instruction, int modrm) {
        int mod = modrm >> 6;
        int rm = modrm & 7;
        if (mod == 0 && rm == 6) {
            instruction.displacement = fetch16();
            return ProcessorState.DS;
        }
        instruction.base = BASE_16[rm];
        instruction.index = INDEX_16[rm];
        if (mod == 1) {
            instruction.displacement = (byte) fetch8();
        } else if (mod == 2) {
            instruction.displacement = fetch16();
        }
        return BASE_16[rm] == 5 ? ProcessorState.SS : ProcessorState.DS;
    }

    private void immediates(Instruction instruction, Form form) {
        boolean first = true;
        for (int i = 0; i < form.immediates().size(); i++) {
            Immediate immediate = form.immediates().get(i);
            boolean narrow = instruction.operandSize == 2;
            long value = switch (immediate) {
                case BYTE, RELATIVE_BYTE -> (byte) fetch8();
                case WORD -> fetch16();
                case DOUBLE -> fetch32();
                case QUAD -> fetch64();
                case Z, RELATIVE_Z -> narrow ? fetch16() : fetch32();
                case V -> narrow ? fetch16() : instruction.operandSize == 8 ? fetch64() : fetch32();
                case POINTER -> pointer(instruction, narrow);
                case OFFSET -> offset(instruction);
            };
            if (immediate == Immediate.RELATIVE_BYTE || immediate == Immediate.RELATIVE_Z) {
                // a relative immediate is the last, so that the next instruction begins here
                value += instruction.address + position - start;
                value = instruction.operandSize == 8 ? value : narrow ? value & 0xFFFF : value & 0xFFFF_FFFFL;
            }
            if (first) {
                instruction.immediate = value;
                first = false;
            } else {
                instruction.immediate2 = value;
            }
        }
    }

    private long pointer(Instruction instruction, boolean narrow) {
        long offset = narrow ? fetch16() & 0xFFFF : fetch32() & 0xFFFF_FFFFL;
        instruction.immediate2 = fetch16() & 0xFFFF;
        return offset;
    }

    private long offset(Instruction instruction) {
        instruction.displacement = switch (instruction.addressSize) {
            case 2 -> fetch16();
            case 4 -> fetch32();
            default -> fetch64();
        };
        return 0;
    }

    /// {@return whether all operands exist}
    private boolean operands(Instruction instruction, boolean memory, int opcode, int modrm) {
        List<OperandCode> codes = memory ? instruction.row.memoryCodes() : instruction.row.registerCodes();
        int count = codes.size();
        // vvvv that names no operand must be 1111
        boolean unnamed = vex && vexRegister != 0;
        if (count == 0) {
            return !unnamed;
        }
        int rm = modrm & 7 | (rex & 1) << 3;
        int reg = modrm >> 3 & 7 | (rex & 4) << 1;
        boolean second = false;
        Operand[] operands = new Operand[count];
        for (int i = 0; i < count; i++) {
            OperandCode code = codes.get(i);
            int size = code.bytes(instruction.operandSize, mode, instruction.vectorSize);
            operands[i] = switch (code.source()) {
                case RM_GENERAL, RM_REGISTER -> memory ? Operand.of(Kind.MEMORY, size, 0) : general(rm, size);
                case RM_XMM, RM_XMM_REGISTER -> Operand.of(memory ? Kind.MEMORY : Kind.XMM, size, memory ? 0 : rm);
                case RM_MMX, RM_MMX_REGISTER ->
                    Operand.of(memory ? Kind.MEMORY : Kind.MMX, size, memory ? 0 : modrm & 7);
                case RM_MEMORY, OFFSET -> Operand.of(Kind.MEMORY, size, 0);
                case RM_GATHERED -> Operand.of(Kind.GATHERED, size, vectorIndex);
                case VEX_XMM -> {
                    unnamed = false;
                    yield Operand.of(Kind.XMM, size, vexRegister);
                }
                case VEX_GENERAL -> {
                    unnamed = false;
                    yield Operand.of(Kind.GPR, size, vexRegister);
                }
                case IMMEDIATE_XMM ->
                    Operand.of(Kind.XMM, size, (int) instruction.immediate >> 4 & (mode == 64 ? 15 : 7));
                case RM_STACK -> Operand.of(Kind.ST, size, modrm & 7);
                case REG_GENERAL -> general(reg, size);
                case REG_XMM -> Operand.of(Kind.XMM, size, reg);
                case REG_MMX -> Operand.of(Kind.MMX, size, modrm >> 3 & 7);
                case REG_SEGMENT -> Operand.of(Kind.SEGMENT, size, modrm >> 3 & 7);
                case REG_CONTROL -> Operand.of(Kind.CONTROL, size, reg);
                case REG_DEBUG -> Operand.of(Kind.DEBUG, size, reg);
                case OPCODE -> general(opcode & 7 | (rex & 1) << 3, size);
                case IMMEDIATE -> {
                    Operand operand = Operand.of(second ? Kind.IMMEDIATE2 : Kind.IMMEDIATE, size, 0);
                    second = true;
                    yield operand;
                }
                case RELATIVE -> Operand.of(Kind.RELATIVE, size, 0);
                case FAR -> Operand.of(Kind.FAR, size, 0);
                case STRING_SOURCE -> Operand.of(Kind.STRING_SOURCE, size, 0);
                case STRING_DESTINATION -> Operand.of(Kind.STRING_DESTINATION, size, 0);
                case FIXED_GENERAL -> Operand.of(Kind.GPR, size, code.number());
                case FIXED_SEGMENT -> Operand.of(Kind.SEGMENT, size, code.number());
                case FIXED_STACK -> Operand.of(Kind.ST, size, code.number());
                case FIXED_XMM -> Operand.of(Kind.XMM, size, code.number());
                case FIXED_CONSTANT -> Operand.of(Kind.CONSTANT, size, code.number());
            };
            if (code.source() == OperandCode.Source.REG_SEGMENT && operands[i].number() > ProcessorState.GS) {
                return false;
            }
        }
        instruction.operands = operands;
        return !unnamed;
    }

    private Operand general(int number, int size) {
        return size == 1 && rex == 0 && number >= 4
                ? Operand.of(Kind.GPR_HIGH, 1, number - 4)
                : Operand.of(Kind.GPR, size, number);
    }

    private int fetch8() {
        if (position >= end) {
            starved = true;
            return 0;
        }
        return code[position++] & 0xFF;
    }

    /// {@return two bytes, sign-extended}
    private long fetch16() {
        int low = fetch8();
        return (short) (low | fetch8() << 8);
    }

    /// {@return four bytes, sign-extended}
    private long fetch32() {
        if (end - position < 4) {
            starved = true;
            return 0;
        }
        long value = (int) INT.get(code, position);
        position += 4;
        return value;
    }

    private long fetch64() {
        long low = fetch32() & 0xFFFF_FFFFL;
        return low | fetch32() << 32;
    }
}

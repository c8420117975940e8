package cloison.cpu.decode;

import cloison.cpu.decode.Form.Immediate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The attempt of [Asm] to write the operands in one form of a row.
final class AsmMatch {
    private final Encoding encoding;
    private final OpcodeTable table;
    private final int mode;
    private final Row row;
    private final List<AsmOperand> operands;
    private final long at;
    private boolean high;
    private int immediates;

    AsmMatch(OpcodeTable table, Row row, int mode, int operandSize, List<AsmOperand> operands, long at) {
        this.table = table;
        this.mode = mode;
        this.row = row;
        this.operands = operands;
        this.at = at;
        encoding = new Encoding(row, mode);
        encoding.operandSize = operandSize;
        for (AsmOperand operand : operands) {
            if (operand instanceof AsmOperand.Register register && register.size() == 32
                    || operand instanceof AsmOperand.Memory memory && memory.size() == 32) {
                encoding.length = 1;
            }
        }
    }

    byte @Nullable [] bytes(boolean lock, int repeat, int addressSize) {
        if (addressSize != 0) {
            encoding.addressSize = addressSize;
        }
        boolean memory = operands.stream().anyMatch(AsmOperand.Memory.class::isInstance);
        boolean place = row.form().modrm()
                && row.form().fixed() < 0
                && row.form().place() != Form.Place.REGISTER
                && row.form().place() != Form.Place.REGISTER_ALWAYS;
        boolean offset = row.form().immediates().contains(Immediate.OFFSET);
        if (memory && !place && !offset || !memory && row.form().place() == Form.Place.MEMORY) {
            return null;
        }
        encoding.memory = memory && place;
        encoding.lock = lock;
        encoding.repeat = repeat;
        List<OperandCode> codes = encoding.memory ? row.memoryCodes() : row.registerCodes();
        if (codes.size() != operands.size()) {
            return null;
        }
        for (int i = 0; i < codes.size(); i++) {
            if (!take(codes.get(i), operands.get(i))) {
                return null;
            }
        }
        byte[] bytes = encoding.bytes();
        if (row.form().immediates().contains(Immediate.RELATIVE_BYTE)
                || row.form().immediates().contains(Immediate.RELATIVE_Z)) {
            encoding.immediate -= at + bytes.length;
            if (row.form().immediates().contains(Immediate.RELATIVE_BYTE)
                    && encoding.immediate != (byte) encoding.immediate) {
                return null;
            }
            bytes = encoding.bytes();
        }
        return high && mode == 64 && hasRex(bytes) ? null : bytes;
    }

    private static boolean hasRex(byte[] bytes) {
        int i = 0;
        while (List.of(0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3)
                .contains(bytes[i] & 0xFF)) {
            i++;
        }
        return (bytes[i] & 0xF0) == 0x40;
    }

    private boolean take(OperandCode code, AsmOperand operand) {
        int size = code.bytes(encoding.operandSize, mode, encoding.vectorSize());
        return switch (operand) {
            case AsmOperand.Register register -> register(code, register, size);
            case AsmOperand.Memory memory -> memory(code, memory, size);
            case AsmOperand.Number number -> number(code, number, size);
            case AsmOperand.Pointer pointer -> {
                encoding.immediate = pointer.offset();
                encoding.immediate2 = pointer.selector();
                yield code.source() == OperandCode.Source.FAR;
            }
        };
    }

    private boolean register(OperandCode code, AsmOperand.Register register, int size) {
        int number = register.kind() == Operand.Kind.GPR_HIGH ? register.number() + 4 : register.number();
        high |= register.kind() == Operand.Kind.GPR_HIGH;
        encoding.rex |= register.rex() && register.number() < 8;
        if (register.kind() == Operand.Kind.XMM && (register.size() == 32) != (size == 32)) {
            return false;
        }
        boolean general = (register.kind() == Operand.Kind.GPR || register.kind() == Operand.Kind.GPR_HIGH)
                && register.size() == size;
        switch (code.source()) {
            case RM_GENERAL, RM_REGISTER, OPCODE -> {
                encoding.register = number;
                return general;
            }
            case REG_GENERAL -> {
                encoding.reg = number;
                return general;
            }
            case RM_XMM, RM_XMM_REGISTER -> {
                encoding.register = number;
                return register.kind() == Operand.Kind.XMM;
            }
            case REG_XMM -> {
                encoding.reg = number;
                return register.kind() == Operand.Kind.XMM;
            }
            case VEX_XMM -> {
                encoding.vexRegister = number;
                return register.kind() == Operand.Kind.XMM;
            }
            case VEX_GENERAL -> {
                encoding.vexRegister = number;
                return general;
            }
            case IMMEDIATE_XMM -> {
                encoding.immediate = (long) number << 4;
                return register.kind() == Operand.Kind.XMM;
            }
            case RM_MMX, RM_MMX_REGISTER -> {
                encoding.register = number;
                return register.kind() == Operand.Kind.MMX;
            }
            case REG_MMX -> {
                encoding.reg = number;
                return register.kind() == Operand.Kind.MMX;
            }
            case RM_STACK -> {
                encoding.register = number;
                return register.kind() == Operand.Kind.ST;
            }
            case REG_SEGMENT -> {
                encoding.reg = number;
                return register.kind() == Operand.Kind.SEGMENT;
            }
            case REG_CONTROL -> {
                encoding.reg = number;
                return register.kind() == Operand.Kind.CONTROL;
            }
            case REG_DEBUG -> {
                encoding.reg = number;
                return register.kind() == Operand.Kind.DEBUG;
            }
            case FIXED_GENERAL -> {
                return register.kind() == Operand.Kind.GPR && general && number == code.number();
            }
            case FIXED_SEGMENT -> {
                return register.kind() == Operand.Kind.SEGMENT && number == code.number();
            }
            case FIXED_STACK -> {
                return register.kind() == Operand.Kind.ST && number == code.number();
            }
            case FIXED_XMM -> {
                return register.kind() == Operand.Kind.XMM && number == code.number();
            }
            default -> {
                return false;
            }
        }
    }

    private boolean memory(OperandCode code, AsmOperand.Memory memory, int size) {
        switch (code.source()) {
            case RM_GENERAL, RM_XMM, RM_MMX, RM_MEMORY, RM_GATHERED, OFFSET -> {}
            default -> {
                return false;
            }
        }
        boolean gathers = code.source() == OperandCode.Source.RM_GATHERED;
        if (gathers ? memory.vector() != Math.max(size, 16) : memory.vector() != 0) {
            return false;
        }
        if (!gathers && memory.size() >= 0 && size != 0 && memory.size() != size) {
            return false;
        }
        if (memory.size() < 0 && size != 0 && !sizeKnown(size)) {
            return false;
        }
        encoding.segment = memory.segment();
        encoding.displacement = memory.displacement();
        if (memory.addressSize() != 0) {
            encoding.addressSize = memory.addressSize();
            if (mode == 64 && memory.addressSize() == 2 || mode != 64 && memory.addressSize() == 8) {
                return false;
            }
        }
        if (code.source() == OperandCode.Source.OFFSET) {
            return memory.base() < 0 && memory.index() < 0 && !memory.label();
        }
        encoding.base = memory.base();
        encoding.index = memory.index();
        encoding.scale = memory.scale();
        if (mode == 64 && memory.label() && memory.base() < 0 && memory.index() < 0) {
            encoding.relative = true;
            encoding.displacement -= at;
            return true;
        }
        return mode != 64 || memory.displacement() == (int) memory.displacement();
    }

    /// {@return whether another operand, or the lack of other forms, gives a memory operand its size}
    private boolean sizeKnown(int size) {
        for (AsmOperand operand : operands) {
            if (operand instanceof AsmOperand.Register register) {
                return row.op() != IntegerOp.MOVZX && row.op() != IntegerOp.MOVSX && !shift()
                        || register.kind() != Operand.Kind.GPR;
            }
        }
        return operands.size() == 1 && rowsAgree(size);
    }

    private boolean shift() {
        return row.registerCodes().size() == 2
                && row.registerCodes().get(1).source() == OperandCode.Source.FIXED_GENERAL
                && row.registerCodes().get(1).number() == 1;
    }

    private boolean rowsAgree(int size) {
        boolean flow = row.op() == IntegerOp.JMP
                || row.op() == IntegerOp.CALL
                || row.op() == IntegerOp.PUSH
                || row.op() == IntegerOp.POP;
        if (flow) {
            return encoding.operandSize == Encoding.operandSizes(row, mode)[0];
        }
        for (Row other : table.rows()) {
            if (other.op() == row.op()
                    && other.memoryCodes().size() == 1
                    && (other.memoryCodes().get(0).size() < 0
                                    && other.memoryCodes().get(0).size() >= OperandCode.Y
                            || other.memoryCodes().get(0).size()
                                    != row.memoryCodes().get(0).size())) {
                return false;
            }
        }
        return true;
    }

    private boolean number(OperandCode code, AsmOperand.Number number, int size) {
        long value = number.value();
        switch (code.source()) {
            case FIXED_CONSTANT -> {
                return value == code.number() && !number.label();
            }
            case RELATIVE -> {
                encoding.immediate = value;
                return true;
            }
            case IMMEDIATE -> {}
            default -> {
                return false;
            }
        }
        Immediate kind = row.form().immediates().get(immediates);
        int bytes = encoding.bytes(kind);
        if (immediates++ == 0) {
            encoding.immediate = value;
        } else {
            encoding.immediate2 = value;
        }
        if (number.label() && bytes == 1) {
            return false;
        }
        // what the instruction makes of the bytes must be the number, as far as the operand reaches
        int width = Math.max(size, code.size() == OperandCode.Z ? encoding.operandSize : size);
        long extended = bytes == 8 ? value : value << 64 - 8 * bytes >> 64 - 8 * bytes;
        long mask = width >= 8 ? -1 : (1L << 8 * width) - 1;
        boolean fits = width >= 8 || value >> 8 * width == 0 || value >> 8 * width - 1 == -1;
        return fits && (extended & mask) == (value & mask);
    }
}

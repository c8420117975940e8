package cloison.cpu.translate;

import cloison.cpu.decode.Form;
import cloison.cpu.decode.Form.Immediate;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.OperandCode.Source;

/// The parts of an instruction's bytes that stay when it is emitted again with other registers.
///
/// Only what its row asks for is kept: a repeat prefix that the row does not name would make another instruction of it
/// on a newer processor (`F3 0F BC` is BSF here and TZCNT there).
///
/// **Owner:** the thread that translates.
final class Encoding {
    /// As in [Assembler]: P66, PF2, PF3, LOCK, W, REX, VEX, L and VEX.vvvv.
    int prefixes;
    /// Whether VEX.vvvv is a general register.
    boolean vexGeneral;

    int map;
    int opcode;
    boolean plus;
    boolean modrm;
    /// ModRM.reg and ModRM.rm (or the register in the opcode) with their REX bits.
    int reg;

    int rm;
    /// Whether those are general registers, and whether one of them is AH..BH.
    boolean regGeneral;

    boolean rmGeneral;
    boolean high;
    /// Whether ModRM.rm is memory.
    boolean memory;

    /// Where in the bytes the immediates are.
    int immediateStart;

    int immediateLength;

    /// Takes apart an instruction at `bytes[start]`.
    void read(byte[] bytes, int start, Instruction instruction) {
        Form form = instruction.row.form();
        int at = start;
        int rex = 0;
        while (prefix(bytes[at] & 0xFF)) {
            at++;
        }
        int vex = 0;
        map = form.map();
        if (form.vex()) {
            int register = vvvv(bytes, at) & (instruction.mode == 64 ? 15 : 7);
            vex = Assembler.VEX | (instruction.vectorSize == 32 ? Assembler.L : 0) | register << Assembler.VVVV;
            // in 32-bit code, W only where it makes another instruction; registers are 0 to 7
            rex = instruction.mode == 64 ? rex(bytes, at) : form.rexW() == 1 ? 8 : 0;
            at += bytes[at] == (byte) 0xC5 ? 2 : 3;
        } else {
            if (instruction.mode == 64 && (bytes[at] & 0xF0) == 0x40) {
                rex = bytes[at++] & 0xFF;
            }
            at += map == 0 ? 0 : map == 1 ? 1 : 2;
        }
        opcode = bytes[at++] & 0xFF;
        plus = form.plus();
        modrm = form.modrm();
        prefixes = (rex & 8) != 0 ? Assembler.W | vex : vex;
        prefixes |= rex != 0 ? Assembler.REX : 0;
        prefixes |= instruction.lock ? Assembler.LOCK : 0;
        prefixes |= switch (form.prefix()) {
            case P66 -> Assembler.P66;
            case PF2 -> Assembler.PF2;
            case PF3 -> Assembler.PF3;
            default -> 0;
        };
        if (instruction.operandSize == 2 && form.prefix() != Form.Prefix.NONE) {
            prefixes |= Assembler.P66;
        }
        reg = instruction.modrm >> 3 & 7 | (rex & 4) << 1;
        rm = (plus ? opcode & 7 : instruction.modrm & 7) | (rex & 1) << 3;
        operands(instruction);
        immediateLength = 0;
        for (Immediate immediate : form.immediates()) {
            immediateLength += length(immediate, instruction);
        }
        immediateStart = start + instruction.length - immediateLength;
        if (form.immediates().size() == 1 && form.immediates().getFirst() == Immediate.OFFSET) {
            // MOV with an offset in the instruction: as if with ModRM, of AL or rAX
            opcode = 0x88 | (opcode & 1) | (~opcode & 2);
            modrm = true;
            memory = true;
            reg = 0;
            regGeneral = true;
            immediateLength = 0;
        }
        if (instruction.mode == 32) {
            only32();
        }
    }

    /// Takes other encodings where 64-bit code does not have one.
    private void only32() {
        if (map == 0 && plus && (opcode & 0xF0) == 0x40) {
            // INC and DEC of a register
            reg = opcode >> 3 & 1;
            opcode = 0xFF;
            plus = false;
            modrm = true;
        } else if (map == 0 && opcode == 0x82) {
            opcode = 0x80;
        }
    }

    /// {@return W, R, X and B of a VEX prefix, as REX has them}
    private static int rex(byte[] bytes, int at) {
        int first = ~bytes[at + 1] >> 5;
        return bytes[at] == (byte) 0xC5 ? first & 4 : first & 7 | bytes[at + 2] >> 4 & 8;
    }

    private static int vvvv(byte[] bytes, int at) {
        return ~bytes[at + (bytes[at] == (byte) 0xC5 ? 1 : 2)] >> 3 & 15;
    }

    /// {@return the register in VEX.vvvv}
    int vexRegister() {
        return prefixes >> Assembler.VVVV & 15;
    }

    /// {@return the prefixes with another register in VEX.vvvv}
    int prefixes(int vexRegister) {
        return prefixes & ~(15 << Assembler.VVVV) | vexRegister << Assembler.VVVV;
    }

    private void operands(Instruction instruction) {
        memory = false;
        vexGeneral = false;
        regGeneral = false;
        rmGeneral = false;
        high = false;
        for (var operand : instruction.operands) {
            memory |= operand.kind() == Kind.MEMORY;
            high |= operand.kind() == Kind.GPR_HIGH;
        }
        var codes = memory ? instruction.row.memoryCodes() : instruction.row.registerCodes();
        for (var code : codes) {
            regGeneral |= code.source() == Source.REG_GENERAL;
            vexGeneral |= code.source() == Source.VEX_GENERAL;
            rmGeneral |= code.source() == Source.OPCODE
                    || !memory && (code.source() == Source.RM_GENERAL || code.source() == Source.RM_REGISTER);
        }
    }

    private static boolean prefix(int value) {
        return switch (value) {
            case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3 -> true;
            // a REX that another prefix follows does not count
            default -> false;
        };
    }

    private static int length(Immediate immediate, Instruction instruction) {
        boolean narrow = instruction.operandSize == 2;
        return switch (immediate) {
            case BYTE, RELATIVE_BYTE -> 1;
            case WORD -> 2;
            case DOUBLE -> 4;
            case QUAD -> 8;
            case Z, RELATIVE_Z -> narrow ? 2 : 4;
            case V -> narrow ? 2 : instruction.operandSize;
            case POINTER -> narrow ? 4 : 6;
            case OFFSET -> instruction.addressSize;
        };
    }

    /// {@return whether the bytes from `start` have a REX that another prefix follows}
    static boolean strange(byte[] bytes, int start) {
        int at = start;
        while (prefix(bytes[at] & 0xFF)) {
            at++;
        }
        return (bytes[at] & 0xF0) == 0x40 && (prefix(bytes[at + 1] & 0xFF) || (bytes[at + 1] & 0xF0) == 0x40);
    }
}

package cloison.cpu.decode;

import cloison.cpu.decode.Form.Immediate;
import java.io.ByteArrayOutputStream;

/// One encoding of a row: the choices that the row leaves open, and the bytes that they make.
///
/// The reverse of the [Decoder], for tests. The caller sets what it cares about and takes [#bytes()].
public final class Encoding {
    private static final int[] SEGMENT_PREFIXES = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65};

    public final Row row;
    public final int mode;

    /// 2, 4 or 8; must be one of [#operandSizes].
    public int operandSize;

    /// 2, 4 or 8.
    public int addressSize;

    /// ModRM.reg.
    public int reg;
    /// The register in ModRM.rm, or in the opcode.
    public int register;
    /// Whether ModRM.rm is memory.
    public boolean memory;
    /// Base register, or -1.
    public int base = -1;
    /// Index register, or -1; a vector register where the row gathers.
    public int index = -1;
    /// The register in VEX.vvvv.
    public int vexRegister;
    /// VEX.L where the row leaves it open.
    public int length;

    public int scale;
    /// The displacement or, where `relative` is set, the target's distance from the instruction's first byte.
    public long displacement;

    public boolean relative;
    /// Whether an 8-bit displacement must not be used.
    public boolean wideDisplacement;

    /// A segment register whose override prefix is written, or -1.
    public int segment = -1;

    public boolean lock;
    /// A repeat prefix that is not part of the opcode, or 0.
    public int repeat;
    /// Whether a REX prefix is written even if it is 0x40, so that SPL..DIL are meant, not AH..BH.
    public boolean rex;

    public long immediate;
    public long immediate2;

    /// An encoding of `row` with the smallest choices.
    public Encoding(Row row, int mode) {
        this.row = row;
        this.mode = mode;
        operandSize = operandSizes(row, mode)[0];
        addressSize = mode / 8;
        if (row.form().place() == Form.Place.MEMORY) {
            memory = true;
        }
        if (row.gathers()) {
            addressSize = Math.max(addressSize, 4);
        }
    }

    /// {@return the operand sizes that `row` can have, the default first; more than one only where it matters}
    public static int[] operandSizes(Row row, int mode) {
        Form form = row.form();
        if (form.vex()) {
            int wide = form.rexW() == 1 && mode == 64 ? 8 : 4;
            return mode == 64 && form.rexW() < 0 && general(row) ? new int[] {4, 8} : new int[] {wide};
        }
        boolean fixed = form.prefix() == Form.Prefix.NONE || form.prefix() == Form.Prefix.P66;
        if (mode != 64) {
            int wide = mode / 8;
            return fixed ? new int[] {wide} : new int[] {wide, 6 - wide};
        }
        return switch (row.size()) {
            case FORCED_64 -> new int[] {8};
            case DEFAULT_64 -> fixed ? new int[] {8} : new int[] {8, 2};
            case ORDINARY -> {
                if (form.rexW() == 1) {
                    yield new int[] {8};
                }
                if (form.rexW() == 0) {
                    yield fixed ? new int[] {4} : new int[] {4, 2};
                }
                yield fixed ? new int[] {4, 8} : new int[] {4, 2, 8};
            }
        };
    }

    /// {@return whether the row has anything in this mode}
    public static boolean exists(Row row, int mode) {
        return row.existsIn(mode == 64)
                && (mode == 64 || row.form().vex() || row.form().rexW() != 1);
    }

    /// {@return whether there is an operand whose size is that of VEX.W}
    private static boolean general(Row row) {
        return row.registerCodes().stream().anyMatch(code -> code.size() == OperandCode.Y);
    }

    /// {@return bytes of a vector}
    public int vectorSize() {
        int l = row.form().length() < 0 ? length : row.form().length();
        return row.form().vex() && l == 1 ? 32 : 16;
    }

    /// {@return the bytes}
    public byte[] bytes() {
        Form form = row.form();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (lock) {
            out.write(0xF0);
        }
        if (segment >= 0) {
            out.write(SEGMENT_PREFIXES[segment]);
        }
        if (addressSize != mode / 8) {
            out.write(0x67);
        }
        if (form.vex()) {
            vex(out, form);
            return finish(out, form);
        }
        if (needsOperandPrefix() || form.prefix() == Form.Prefix.P66) {
            out.write(0x66);
        }
        if (repeat != 0) {
            out.write(repeat);
        }
        if (form.prefix() == Form.Prefix.PF2) {
            out.write(0xF2);
        } else if (form.prefix() == Form.Prefix.PF3) {
            out.write(0xF3);
        }
        rex(out, form);
        switch (form.map()) {
            case 1 -> out.write(0x0F);
            case 2 -> {
                out.write(0x0F);
                out.write(0x38);
            }
            case 3 -> {
                out.write(0x0F);
                out.write(0x3A);
            }
            default -> {}
        }
        return finish(out, form);
    }

    /// Writes what follows the prefixes and the map.
    private byte[] finish(ByteArrayOutputStream out, Form form) {
        out.write(form.plus() ? form.opcode() | register & 7 : form.opcode());
        if (form.fixed() >= 0) {
            out.write(form.stack() ? form.fixed() | register & 7 : form.fixed());
        } else if (form.modrm()) {
            modrm(out, form);
        }
        for (int i = 0; i < form.immediates().size(); i++) {
            Immediate kind = form.immediates().get(i);
            if (kind == Immediate.OFFSET) {
                little(out, displacement, addressSize);
            } else {
                little(out, i == 0 ? immediate : immediate2, bytes(kind));
                if (kind == Immediate.POINTER) {
                    little(out, immediate2, 2);
                }
            }
        }
        return out.toByteArray();
    }

    private void vex(ByteArrayOutputStream out, Form form) {
        int bits = 0;
        if (form.modrm()) {
            bits |= form.digit() < 0 && reg >= 8 ? 4 : 0;
            bits |= memory && index >= 8 ? 2 : 0;
            bits |= (memory ? base : register) >= 8 ? 1 : 0;
        }
        boolean wide = form.rexW() == 1 || form.rexW() < 0 && operandSize == 8;
        int prefix = switch (form.prefix()) {
            case P66 -> 1;
            case PF3 -> 2;
            case PF2 -> 3;
            default -> 0;
        };
        int last = (vexRegister ^ 15) << 3 | (vectorSize() == 32 ? 4 : 0) | prefix;
        if (form.map() == 1 && !wide && (bits & 3) == 0) {
            out.write(0xC5);
            out.write((bits & 4 ^ 4) << 5 | last);
        } else {
            out.write(0xC4);
            out.write((bits ^ 7) << 5 | form.map());
            out.write((wide ? 0x80 : 0) | last);
        }
    }

    private boolean needsOperandPrefix() {
        if (mode == 64) {
            return operandSize == 2;
        }
        return operandSize != mode / 8;
    }

    private void rex(ByteArrayOutputStream out, Form form) {
        if (mode != 64) {
            return;
        }
        boolean wide = form.rexW() == 1 || form.rexW() < 0 && operandSize == 8 && row.size() == Row.Size.ORDINARY;
        int bits = wide ? 8 : 0;
        if (form.modrm() && form.fixed() < 0) {
            bits |= form.digit() < 0 && reg >= 8 ? 4 : 0;
            if (memory) {
                bits |= index >= 8 ? 2 : 0;
                bits |= base >= 8 ? 1 : 0;
            } else {
                bits |= register >= 8 ? 1 : 0;
            }
        } else if (form.plus()) {
            bits |= register >= 8 ? 1 : 0;
        }
        if (bits != 0 || rex) {
            out.write(0x40 | bits);
        }
    }

    private void modrm(ByteArrayOutputStream out, Form form) {
        int middle = (form.digit() >= 0 ? form.digit() : reg & 7) << 3;
        if (!memory) {
            out.write(0xC0 | middle | register & 7);
        } else if (addressSize == 2) {
            memory16(out, middle);
        } else {
            memory(out, form, middle);
        }
    }

    private void memory(ByteArrayOutputStream out, Form form, int middle) {
        if (relative) {
            out.write(middle | 5);
            int rest = 4;
            for (Immediate kind : form.immediates()) {
                rest += bytes(kind);
            }
            little(out, displacement - out.size() - rest, 4);
            return;
        }
        boolean sib = index >= 0 || row.gathers() || base < 0 && mode == 64 || base >= 0 && (base & 7) == 4;
        if (base < 0) {
            out.write(middle | (sib ? 4 : 5));
            if (sib) {
                out.write(scale << 6 | (index < 0 ? 4 : index & 7) << 3 | 5);
            }
            little(out, displacement, 4);
            return;
        }
        int size = displacementSize((base & 7) == 5, 4);
        out.write((size == 0 ? 0 : size == 1 ? 0x40 : 0x80) | middle | (sib ? 4 : base & 7));
        if (sib) {
            out.write(scale << 6 | (index < 0 ? 4 : index & 7) << 3 | base & 7);
        }
        little(out, displacement, size);
    }

    private void memory16(ByteArrayOutputStream out, int middle) {
        if (base < 0 && index < 0) {
            out.write(middle | 6);
            little(out, displacement, 2);
            return;
        }
        int rm = switch ((base < 0 ? 0 : base) << 4 | (index < 0 ? 0 : index)) {
            case 0x36 -> 0;
            case 0x37 -> 1;
            case 0x56 -> 2;
            case 0x57 -> 3;
            case 0x60, 0x06 -> 4;
            case 0x70, 0x07 -> 5;
            case 0x50 -> 6;
            case 0x30 -> 7;
            default -> throw new IllegalArgumentException("no 16-bit address has these registers");
        };
        int size = displacementSize(rm == 6, 2);
        out.write((size == 0 ? 0 : size == 1 ? 0x40 : 0x80) | middle | rm);
        little(out, displacement, size);
    }

    private int displacementSize(boolean needed, int wide) {
        if (wideDisplacement || displacement != (byte) displacement) {
            return wide;
        }
        return displacement != 0 || needed ? 1 : 0;
    }

    /// {@return how many bytes an immediate takes}
    public int bytes(Immediate kind) {
        return switch (kind) {
            case BYTE, RELATIVE_BYTE -> 1;
            case WORD -> 2;
            case DOUBLE -> 4;
            case QUAD -> 8;
            case Z, RELATIVE_Z, POINTER -> operandSize == 2 ? 2 : 4;
            case V -> operandSize;
            case OFFSET -> addressSize;
        };
    }

    private static void little(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> 8 * i));
        }
    }
}

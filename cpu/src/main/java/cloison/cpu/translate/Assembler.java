package cloison.cpu.translate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Writes x86-64 machine code into a growing array.
///
/// SDM volume 2, chapter 2. Positions are offsets from the start of the array.
///
/// **Owner:** the thread that translates.
final class Assembler {
    static final int RAX = 0;
    static final int RCX = 1;
    static final int RSP = 4;
    static final int R13 = 13;
    static final int R14 = 14;
    static final int R15 = 15;
    /// Stands for no index register.
    static final int NONE = -1;

    // prefixes of an operation, besides the registers' bits
    static final int P66 = 1;
    static final int PF2 = 2;
    static final int PF3 = 4;
    static final int LOCK = 8;
    /// REX.W or VEX.W.
    static final int W = 16;
    /// REX must be there, so that registers 4..7 of a byte are SPL..DIL.
    static final int REX = 32;
    /// A VEX prefix instead of the others, of which P66, PF2 and PF3 are in it.
    static final int VEX = 64;
    /// VEX.L.
    static final int L = 128;
    /// Where VEX.vvvv is, not inverted.
    static final int VVVV = 8;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] code = new byte[1 << 14];
    private int at;

    /// Starts anew.
    void clear() {
        at = 0;
    }

    byte[] code() {
        return code;
    }

    /// {@return where the next byte goes}
    int position() {
        return at;
    }

    private void room(int bytes) {
        if (at + bytes > code.length) {
            code = Arrays.copyOf(code, 2 * code.length);
        }
    }

    void u8(int value) {
        room(1);
        code[at++] = (byte) value;
    }

    void u8(int first, int second) {
        u8(first);
        u8(second);
    }

    void i32(int value) {
        room(4);
        INT.set(code, at, value);
        at += 4;
    }

    void i64(long value) {
        room(8);
        LONG.set(code, at, value);
        at += 8;
    }

    void bytes(byte[] from, int offset, int count) {
        room(count);
        System.arraycopy(from, offset, code, at, count);
        at += count;
    }

    /// Fills with NOPs up to a multiple of `alignment`.
    void align(int alignment) {
        while ((at & alignment - 1) != 0) {
            u8(0x90);
        }
    }

    // ---- operations with ModRM

    private void head(int prefixes, int reg, int index, int base, int map, int opcode) {
        if ((prefixes & VEX) != 0) {
            vex(prefixes, reg, index, base, map);
            u8(opcode);
            return;
        }
        if ((prefixes & LOCK) != 0) {
            u8(0xF0);
        }
        if ((prefixes & P66) != 0) {
            u8(0x66);
        }
        if ((prefixes & (PF2 | PF3)) != 0) {
            u8((prefixes & PF2) != 0 ? 0xF2 : 0xF3);
        }
        int rex = ((prefixes & W) != 0 ? 8 : 0) | reg >> 3 << 2 | (index < 0 ? 0 : index >> 3 << 1) | base >> 3;
        if (rex != 0 || (prefixes & REX) != 0) {
            u8(0x40 | rex);
        }
        if (map != 0) {
            u8(0x0F);
            if (map != 1) {
                u8(map == 2 ? 0x38 : 0x3A);
            }
        }
        u8(opcode);
    }

    private void vex(int prefixes, int reg, int index, int base, int map) {
        int extension = reg >> 3 << 2 | (index < 0 ? 0 : index >> 3 << 1) | base >> 3;
        int prefix = (prefixes & P66) != 0 ? 1 : (prefixes & PF3) != 0 ? 2 : (prefixes & PF2) != 0 ? 3 : 0;
        int last = (~prefixes >> VVVV & 15) << 3 | ((prefixes & L) != 0 ? 4 : 0) | prefix;
        if (map == 1 && (prefixes & W) == 0 && (extension & 3) == 0) {
            u8(0xC5, (extension & 4 ^ 4) << 5 | last);
        } else {
            u8(0xC4, (extension ^ 7) << 5 | map);
            u8(((prefixes & W) != 0 ? 0x80 : 0) | last);
        }
    }

    /// An operation whose ModRM.rm is a register.
    void register(int prefixes, int map, int opcode, int reg, int rm) {
        head(prefixes, reg, NONE, rm, map, opcode);
        u8(0xC0 | (reg & 7) << 3 | rm & 7);
    }

    /// An operation whose ModRM.rm is memory at `base + (index << scale) + displacement`.
    void memory(int prefixes, int map, int opcode, int reg, int base, int index, int scale, int displacement) {
        head(prefixes, reg, index, base, map, opcode);
        boolean sib = index >= 0 || (base & 7) == RSP;
        int mod = displacement == 0 && (base & 7) != 5 ? 0 : (byte) displacement == displacement ? 1 : 2;
        u8(mod << 6 | (reg & 7) << 3 | (sib ? 4 : base & 7));
        if (sib) {
            u8(scale << 6 | (index < 0 ? 4 : index & 7) << 3 | base & 7);
        }
        if (mod == 1) {
            u8(displacement);
        } else if (mod == 2) {
            i32(displacement);
        }
    }

    /// An operation with memory at `(index << scale) + displacement`.
    void baseless(int prefixes, int map, int opcode, int reg, int index, int scale, int displacement) {
        head(prefixes, reg, index, 0, map, opcode);
        u8((reg & 7) << 3 | 4);
        u8(scale << 6 | (index < 0 ? 4 : index & 7) << 3 | 5);
        i32(displacement);
    }

    /// An operation without ModRM, whose register is in the opcode.
    void plus(int prefixes, int map, int opcode, int register) {
        head(prefixes, 0, NONE, register, map, opcode & 0xF8 | register & 7);
    }

    /// An operation without ModRM.
    void plain(int prefixes, int map, int opcode) {
        head(prefixes, 0, NONE, 0, map, opcode);
    }

    // ---- moves

    void load(int register, int base, int displacement) {
        memory(W, 0, 0x8B, register, base, NONE, 0, displacement);
    }

    /// Loads from an absolute address, which is near when the code's first byte is at `origin`.
    void loadAt(int register, long address, long origin) {
        relative(0x8B, register, address, origin);
    }

    /// Adds what is at an address; as [#loadAt].
    void addAt(int register, long address, long origin) {
        relative(0x03, register, address, origin);
    }

    /// Bytes that nobody executes.
    void pad(int count) {
        for (int i = 0; i < count; i++) {
            u8(0xCC);
        }
    }

    /// Loads an address; as [#loadAt].
    void leaAt(int register, long address, long origin) {
        relative(0x8D, register, address, origin);
    }

    private void relative(int opcode, int register, long address, long origin) {
        head(W, register, NONE, 0, 0, opcode);
        u8((register & 7) << 3 | 5);
        i32(Math.toIntExact(address - (origin + at + 4)));
    }

    void store(int base, int displacement, int register) {
        memory(W, 0, 0x89, register, base, NONE, 0, displacement);
    }

    void move(int to, int from) {
        if (to != from) {
            register(W, 0, 0x8B, to, from);
        }
    }

    void lea(int to, int base, int index, int scale, int displacement) {
        memory(W, 0, 0x8D, to, base, index, scale, displacement);
    }

    /// Loads a constant and leaves the flags as they are.
    void constant(int register, long value) {
        if (value == (int) value) {
            register(W, 0, 0xC7, 0, register);
            i32((int) value);
        } else if (value >>> 32 == 0) {
            plus(0, 0, 0xB8, register);
            i32((int) value);
        } else {
            plus(W, 0, 0xB8, register);
            i64(value);
        }
    }

    /// Stores a 32-bit constant to a double word.
    void storeInt(int base, int displacement, int value) {
        memory(0, 0, 0xC7, 0, base, NONE, 0, displacement);
        i32(value);
    }

    /// `to = bits of from that the mask in memory selects, packed` (PEXT), which leaves the flags as they are.
    void extract(int to, int from, int base, int displacement) {
        // VEX.LZ.F3.0F38.W1 F5 /r
        vex(2, 2, 0xF5, to, from, base, displacement);
    }

    /// `to = low bits of from, spread over those that the mask in memory selects` (PDEP).
    void deposit(int to, int from, int base, int displacement) {
        // VEX.LZ.F2.0F38.W1 F5 /r
        vex(2, 3, 0xF5, to, from, base, displacement);
    }

    /// An operation on 64 bits with VEX and memory at `base + displacement`, where base is RSP or R12.
    private void vex(int map, int prefix, int opcode, int to, int from, int base, int displacement) {
        u8(0xC4);
        u8((to < 8 ? 0x80 : 0) | 0x40 | (base < 8 ? 0x20 : 0) | map);
        u8(0x80 | (~from & 15) << 3 | prefix);
        u8(opcode);
        boolean narrow = (byte) displacement == displacement;
        u8((narrow ? 0x40 : 0x80) | (to & 7) << 3 | 4);
        u8(0x20 | base & 7);
        if (narrow) {
            u8(displacement);
        } else {
            i32(displacement);
        }
    }

    /// `to = from shifted right, sign kept, by count` (SARX), which leaves the flags as they are.
    void shiftRight(int to, int from, int count) {
        // VEX.LZ.F3.0F38.W1 F7 /r
        u8(0xC4);
        u8((to < 8 ? 0x80 : 0) | 0x40 | (from < 8 ? 0x20 : 0) | 2);
        u8(0x80 | (~count & 15) << 3 | 2);
        u8(0xF7);
        u8(0xC0 | (to & 7) << 3 | from & 7);
    }

    /// `to = from rotated right` (RORX), which leaves the flags as they are.
    void rotate(int to, int from, int places) {
        // VEX.LZ.F2.0F3A.W1 F0 /r ib
        u8(0xC4);
        u8((to < 8 ? 0x80 : 0) | 0x40 | (from < 8 ? 0x20 : 0) | 3);
        u8(0xFB);
        u8(0xF0);
        u8(0xC0 | (to & 7) << 3 | from & 7);
        u8(places);
    }

    // ---- jumps; labels are positions of 32-bit distances to be filled in

    /// JMP to a place not known yet; {@return the label}
    int jump() {
        u8(0xE9);
        i32(0);
        return at - 4;
    }

    /// Jcc to a place not known yet; {@return the label}
    int jump(int condition) {
        u8(0x0F, 0x80 | condition);
        i32(0);
        return at - 4;
    }

    /// JRCXZ to a near place not known yet; {@return the label, of one byte}
    int jumpIfRcxZero() {
        u8(0xE3, 0);
        return at - 1;
    }

    /// Lets a label lead to the current position.
    void here(int label) {
        INT.set(code, label, at - label - 4);
    }

    /// Lets a label of one byte lead to the current position.
    void hereShort(int label) {
        code[label] = (byte) (at - label - 1);
    }

    /// Jcc to the position after the next `bytes` bytes; {@return the label, of one byte}
    int jumpShort(int condition) {
        u8(0x70 | condition, 0);
        return at - 1;
    }

    /// JMP through memory.
    void jumpThrough(int base, int index, int scale, int displacement) {
        memory(0, 0, 0xFF, 4, base, index, scale, displacement);
    }
}

package cloison.cpu.differential;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Asks the host's processor of every opcode with a VEX prefix whether it exists: the table must have the same ones,
/// but for extensions that guests are not told of.
class VexSpaceTest {
    private static final int OFFSET = 0x100;
    private static final int UNDEFINED = 6;

    // rows of opcodes, map << 8 | opcode, that belong to other extensions (SDM volume 2, appendix A; APM volume 4)
    private static final int[][] ELSEWHERE = {
        {0x141, 0x14B}, // masks of AVX-512
        {0x190, 0x193},
        {0x198, 0x199},
        {0x249, 0x249}, // AMX
        {0x24B, 0x24B},
        {0x250, 0x253}, // AVX-VNNI
        {0x25C, 0x25E}, // AMX
        {0x26C, 0x26C},
        {0x272, 0x272}, // AVX-NE-CONVERT
        {0x2B0, 0x2B1},
        {0x2B4, 0x2B5}, // AVX-IFMA
        {0x2CB, 0x2CD}, // SHA512
        {0x2CF, 0x2CF}, // GFNI
        {0x2D2, 0x2D3}, // AVX-VNNI-INT16
        {0x2DA, 0x2DA}, // SM3, SM4
        {0x2DC, 0x2DF}, // VAES
        {0x2E0, 0x2EF}, // CMPCCXADD
        {0x330, 0x333}, // masks of AVX-512
        {0x344, 0x344}, // VPCLMULQDQ
        {0x348, 0x349}, // XOP
        {0x35C, 0x35F}, // FMA4
        {0x368, 0x36F},
        {0x378, 0x37F},
        {0x3CE, 0x3CF}, // GFNI
        {0x3DE, 0x3DE}, // SM3
    };

    /// Opcodes that ModRM.reg extends.
    private static final List<Integer> GROUPS = List.of(0x171, 0x172, 0x173, 0x1AE, 0x2F3);

    /// VPERMQ and VPERMPD, whose VEX.W AMD ignores; with Intel it must be set.
    private static final List<Integer> PERMUTATIONS = List.of(0x300, 0x301);

    private final Decoder decoder = new Decoder(OpcodeTable.standard());
    private final List<String> missing = new ArrayList<>();
    private final List<String> invented = new ArrayList<>();

    @Test
    void theTableHasTheOpcodesThatTheHostsProcessorHas() {
        try (Bench bench = Bench.open()) {
            bench.host().load(new byte[Place.DATA_SIZE]);
            for (int opcode = 0x100; opcode < 0x400; opcode++) {
                int digits = GROUPS.contains(opcode) ? 8 : 1;
                for (int rest = 0; rest < 16 * digits; rest++) {
                    // W, L and pp; ModRM.reg
                    check(bench, opcode, rest & 15, rest >> 4);
                }
            }
        }
        assertThat(missing).as("the table lacks").isEmpty();
        assertThat(invented).as("the host lacks").isEmpty();
    }

    private void check(Bench bench, int opcode, int prefix, int reg) {
        byte[] register = code(opcode, prefix, 0xC2 | reg << 3, 0x11);
        byte[] memory = code(opcode, prefix, 4 | reg << 3, 0x20);
        for (byte[] code : List.of(register, memory)) {
            compare(bench, opcode, code, 15);
            // and with an operand in VEX.vvvv
            code[2] ^= 2 << 3;
            compare(bench, opcode, code, 13);
        }
    }

    /// {@return an instruction with what may follow it}
    private static byte[] code(int opcode, int prefix, int modrm, int sib) {
        byte[] code = new byte[12];
        code[0] = (byte) 0xC4;
        code[1] = (byte) (0xE0 | opcode >> 8);
        code[2] = (byte) ((prefix & 8) << 4 | 15 << 3 | prefix & 7);
        code[3] = (byte) opcode;
        code[4] = (byte) modrm;
        code[5] = (byte) sib;
        Arrays.fill(code, 6, code.length, Place.FILLER);
        return code;
    }

    private void compare(Bench bench, int opcode, byte[] code, int vvvv) {
        Instruction instruction =
                decoder.decode(code, 0, code.length, 64, bench.place().code() + OFFSET);
        boolean here = instruction != null;
        if (here && bench.excluded(instruction.row) != null) {
            return;
        }
        boolean there = exists(bench, code);
        if (there && !here && !elsewhere(opcode) && !(bench.amd() && PERMUTATIONS.contains(opcode))) {
            missing.add(HexFormat.of().formatHex(code, 0, 6));
        } else if (here && !there && !same(instruction, vvvv)) {
            invented.add(HexFormat.of().formatHex(code, 0, 6) + " " + instruction.row);
        }
    }

    /// {@return whether a gather is undefined because two of its registers are the same}
    private static boolean same(Instruction instruction, int vvvv) {
        return instruction.row.gathers() && vvvv == 15;
    }

    private static boolean elsewhere(int opcode) {
        return Arrays.stream(ELSEWHERE).anyMatch(range -> opcode >= range[0] && opcode <= range[1]);
    }

    private static boolean exists(Bench bench, byte[] code) {
        MachineState before = new MachineState();
        Arrays.fill(before.gpr, bench.place().data() + 64);
        before.rip = bench.place().code() + OFFSET;
        Values.put(before.fx, MachineState.FCW, 2, 0x37F);
        Values.put(before.fx, MachineState.MXCSR, 4, 0x1F80);
        MachineState after = new MachineState();
        bench.host().code(OFFSET, code, code.length);
        try {
            bench.host().run(before, after);
        } finally {
            bench.host().clear(OFFSET, code.length);
        }
        return after.vector != UNDEFINED || after.rip != before.rip;
    }
}

package cloison.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.ProcessorState;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecoderTest {
    private static final long ADDRESS = 0x1000;
    private final Decoder decoder = new Decoder(OpcodeTable.standard());

    private Instruction decode(int mode, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return decoder.decode(bytes, 0, bytes.length, mode, ADDRESS);
    }

    private Decoder.Outcome outcome(int mode, String hex) {
        decode(mode, hex);
        return decoder.outcome();
    }

    @ParameterizedTest(name = "{0}: {1} is {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                // one byte
                "64 | 00 18                   | add byte ptr [rax], bl",
                "64 | 48 01 d8                | add rax, rbx",
                "64 | 66 01 d8                | add ax, bx",
                "64 | 66 48 01 d8             | add rax, rbx",
                "32 | 01 d8                   | add eax, ebx",
                "32 | 66 01 d8                | add ax, bx",
                "16 | 01 d8                   | add ax, bx",
                "16 | 66 01 d8                | add eax, ebx",
                "64 | 83 c0 ff                | add eax, -0x1",
                "64 | 48 05 00 00 00 80       | add rax, 0x80000000",
                "64 | b8 78 56 34 12          | mov eax, 0x12345678",
                "64 | 48 b8 f0 de bc 9a 78 56 34 12 | mov rax, 0x123456789abcdef0",
                "64 | 66 b8 34 12             | mov ax, 0x1234",
                "64 | 41 b7 01                | mov r15b, 0x1",
                "32 | 40                      | inc eax",
                "32 | 4f                      | dec edi",
                "64 | 90                      | nop",
                "32 | 90                      | xchg eax, eax",
                "64 | 49 90                   | xchg r8, rax",
                "64 | f3 90                   | pause",
                // byte registers with and without REX
                "64 | 88 e0                   | mov al, ah",
                "64 | 40 88 e0                | mov al, spl",
                "64 | 44 88 e0                | mov al, r12b",
                "32 | 88 fb                   | mov bl, bh",
                // REX counts only right before the opcode
                "64 | 48 66 01 d8             | add ax, bx",
                "64 | 41 48 01 d8             | add rax, rbx",
                // ModRM and SIB
                "64 | 8b 04 24                | mov eax, dword ptr [rsp]",
                "64 | 8b 44 24 10             | mov eax, dword ptr [rsp+0x10]",
                "64 | 8b 45 00                | mov eax, dword ptr [rbp]",
                "64 | 8b 84 8d 00 01 00 00    | mov eax, dword ptr [rbp+rcx*4+0x100]",
                "64 | 8b 04 25 78 56 34 12    | mov eax, dword ptr [0x12345678]",
                "64 | 8b 04 c5 00 00 00 80    | mov eax, dword ptr [rax*8-0x80000000]",
                "64 | 43 8b 04 e4             | mov eax, dword ptr [r12+r12*8]",
                "64 | 41 8b 04 24             | mov eax, dword ptr [r12]",
                "64 | 41 8b 45 00             | mov eax, dword ptr [r13]",
                "64 | 67 8b 00                | mov eax, dword ptr [eax]",
                "64 | 65 48 8b 04 25 28 00 00 00 | mov rax, qword ptr gs:[0x28]",
                "64 | 64 8b 00                | mov eax, dword ptr fs:[rax]",
                // the other overrides do not count in 64-bit mode
                "64 | 2e 8b 45 00             | mov eax, dword ptr [rbp]",
                "64 | 64 3e 8b 00             | mov eax, dword ptr fs:[rax]",
                "32 | 2e 8b 00                | mov eax, dword ptr cs:[eax]",
                "32 | 3e 8b 45 00             | mov eax, dword ptr ds:[ebp]",
                "32 | 8b 05 78 56 34 12       | mov eax, dword ptr [0x12345678]",
                // 16-bit addresses
                "16 | 8b 00                   | mov ax, word ptr [bx+si]",
                "16 | 8b 41 fe                | mov ax, word ptr [bx+di-0x2]",
                "16 | 8b 82 34 12             | mov ax, word ptr [bp+si+0x1234]",
                "16 | 8b 03                   | mov ax, word ptr [bp+di]",
                "16 | 8b 04                   | mov ax, word ptr [si]",
                "16 | 8b 05                   | mov ax, word ptr [di]",
                "16 | 8b 46 00                | mov ax, word ptr [bp]",
                "16 | 8b 06 34 12             | mov ax, word ptr [0x1234]",
                "16 | 8b 07                   | mov ax, word ptr [bx]",
                "16 | 67 8b 00                | mov ax, word ptr [eax]",
                "32 | 67 8b 00                | mov eax, dword ptr [bx+si]",
                // RIP-relative: from the end of the instruction, immediates included
                "64 | 8b 05 10 00 00 00       | mov eax, dword ptr [0x1016]",
                "64 | c7 05 10 00 00 00 01 00 00 00 | mov dword ptr [0x101a], 0x1",
                "64 | 80 3d f9 ff ff ff 05    | cmp byte ptr [0x1000], 0x5",
                // absolute offsets
                "64 | a1 f0 de bc 9a 78 56 34 12 | mov eax, dword ptr [0x123456789abcdef0]",
                "64 | 67 a1 78 56 34 12       | mov eax, dword ptr [0x12345678]",
                "32 | a2 78 56 34 12          | mov byte ptr [0x12345678], al",
                "16 | a3 34 12                | mov word ptr [0x1234], ax",
                // default and forced operand sizes
                "64 | 50                      | push rax",
                "64 | 66 50                   | push ax",
                "64 | 41 57                   | push r15",
                "32 | 50                      | push eax",
                "64 | 6a ff                   | push -0x1",
                "64 | ff 30                   | push qword ptr [rax]",
                "64 | ff e0                   | jmp rax",
                "64 | 66 ff e0                | jmp rax",
                "32 | 66 ff e0                | jmp ax",
                "64 | e8 00 00 00 00          | call 0x1005",
                "64 | 66 e8 00 00 00 00       | call 0x1006",
                "32 | 66 e8 00 00             | call 0x1004",
                "32 | 66 e9 ff ef             | jmp 0x3",
                "16 | eb fe                   | jmp 0x1000",
                "64 | 0f 84 fa ff ff ff       | je 0x1000",
                "64 | 75 02                   | jne 0x1004",
                "64 | c2 08 00                | ret 0x8",
                "64 | c8 10 00 01             | enter 0x10, 0x1",
                "32 | ea 78 56 34 12 08 00    | jmpf 0x8:0x12345678",
                "16 | ea 34 12 08 00          | jmpf 0x8:0x1234",
                // sizes of pairs of operands
                "64 | 48 0f b6 c3             | movzx rax, bl",
                "64 | 0f b7 00                | movzx eax, word ptr [rax]",
                "64 | 48 63 00                | movsxd rax, dword ptr [rax]",
                "32 | 63 00                   | arpl word ptr [eax], ax",
                "64 | 48 98                   | cdqe",
                "64 | 98                      | cwde",
                "64 | 48 99                   | cqo",
                "64 | 48 8d 04 4b             | lea rax, [rbx+rcx*2]",
                "64 | d1 e0                   | shl eax, 1",
                "64 | d3 38                   | sar dword ptr [rax], cl",
                "64 | 48 c1 f0 04             | shl rax, 0x4",
                // strings
                "64 | a4                      | movs byte ptr es:[rdi], byte ptr [rsi]",
                "64 | f3 48 a5                | rep movs qword ptr es:[rdi], qword ptr [rsi]",
                "64 | f3 67 ab                | rep stos dword ptr es:[edi], eax",
                "64 | f2 ae                   | repne scas al, byte ptr es:[rdi]",
                "64 | f3 a6                   | repe cmps byte ptr [rsi], byte ptr es:[rdi]",
                "64 | 65 ac                   | lods al, byte ptr gs:[rsi]",
                "16 | 2e ad                   | lods ax, word ptr cs:[si]",
                // two bytes and mandatory prefixes
                "64 | 0f a2                   | cpuid",
                "64 | 0f 44 c3                | cmove eax, ebx",
                "64 | 0f 94 c0                | sete al",
                "64 | 0f c8                   | bswap eax",
                "64 | 49 0f cf                | bswap r15",
                "64 | f0 48 0f b1 0a          | lock cmpxchg qword ptr [rdx], rcx",
                "64 | 0f c7 0e                | cmpxchg8b qword ptr [rsi]",
                "64 | f0 48 0f c7 0e          | lock cmpxchg16b xmmword ptr [rsi]",
                "64 | f3 0f b8 c3             | popcnt eax, ebx",
                "64 | 66 f3 0f b8 c3          | popcnt ax, bx",
                "64 | 0f ba e0 05             | bt eax, 0x5",
                "64 | 0f 1f 44 00 00          | nop dword ptr [rax+rax*1]",
                "64 | f3 0f 1e fa             | nop edx",
                "64 | 0f ae e8                | lfence",
                "64 | 0f ae f0                | mfence",
                "64 | 0f ae f8                | sfence",
                "64 | 0f ae 38                | clflush byte ptr [rax]",
                "64 | 0f c7 f0                | rdrand eax",
                "64 | 48 0f c7 f8             | rdseed rax",
                "64 | 0f 01 f8                | swapgs",
                "64 | 0f 01 38                | invlpg [rax]",
                // mod is ignored for control registers
                "64 | 0f 20 c0                | mov rax, cr0",
                "64 | 0f 20 00                | mov rax, cr0",
                "64 | 44 0f 22 c0             | mov cr8, rax",
                // three bytes
                "64 | f2 0f 38 f0 c3          | crc32 eax, bl",
                "64 | f2 48 0f 38 f1 c3       | crc32 rax, rbx",
                "64 | 66 f2 0f 38 f1 c3       | crc32 eax, bx",
                // C4, C5 and 62 are not VEX and EVEX here
                "32 | c4 00                   | les eax, fword ptr [eax]",
                "32 | c5 00                   | lds eax, fword ptr [eax]",
                "32 | 62 00                   | bound eax, qword ptr [eax]",
                "64 | c5 ec 58 cb             | vaddps ymm1, ymm2, ymm3",
                "64 | c4 41 31 58 42 08       | vaddpd xmm8, xmm9, xmmword ptr [r10+0x8]",
                "64 | c5 ea 10 cb             | vmovss xmm1, xmm2, xmm3",
                "64 | c5 fa 11 08             | vmovss dword ptr [rax], xmm1",
                "64 | c4 c1 05 73 de 03       | vpsrldq ymm15, ymm14, 0x3",
                "64 | c4 e3 69 4a cb c0       | vblendvps xmm1, xmm2, xmm3, xmm12",
                "64 | c4 a2 dd 92 54 cb 10    | vgatherdpd ymm2, [rbx+xmm9*8+0x10], ymm4",
                "64 | c4 e3 6d 06 08 31       | vperm2f128 ymm1, ymm2, ymmword ptr [rax], 0x31",
                "64 | c4 e2 d9 b9 1e          | vfmadd231sd xmm3, xmm4, qword ptr [rsi]",
                "64 | c4 e3 79 1d 0f 04       | vcvtps2ph qword ptr [rdi], xmm1, 0x4",
                "64 | c5 fc 77                | vzeroall",
                "64 | c4 e2 e0 f2 c1          | andn rax, rbx, rcx",
                "64 | c4 62 3b f6 08          | mulx r9d, r8d, dword ptr [rax]",
                "64 | c4 e3 fb f0 c3 07       | rorx rax, rbx, 0x7",
                "64 | c4 e2 00 f3 c9          | blsr r15d, ecx",
                "64 | c4 e2 f0 f7 03          | bextr rax, qword ptr [rbx], rcx",
                "64 | f3 48 0f bc c3          | tzcnt rax, rbx",
                "64 | 66 0f 38 f1 08          | movbe word ptr [rax], cx",
                "64 | 0f 38 cb ca             | sha256rnds2 xmm1, xmm2, xmm0",
                "64 | 66 0f 38 dc 08          | aesenc xmm1, xmmword ptr [rax]",
                "64 | c4 e3 e9 22 c8 01       | vpinsrq xmm1, xmm2, rax, 0x1",
                "32 | c5 fc 58 c1             | vaddps ymm0, ymm0, ymm1",
                "32 | c5 c4 58 00             | vaddps ymm0, ymm7, ymmword ptr [eax]",
                "32 | c5 04 24                | lds eax, fword ptr [esp]",
                "16 | c4 e2 79 18 07          | vbroadcastss xmm0, dword ptr [bx]",
                "32 | c4 c1 f9 6e c0          | vmovd xmm0, eax",
            })
    void bytesAreWhatTheTableSays(int mode, String hex, String text) {
        Instruction instruction = decode(mode, hex);

        assertThat(decoder.outcome()).isEqualTo(Decoder.Outcome.DONE);
        assertThat(Disassembler.text(instruction)).isEqualTo(text);
        assertThat(instruction.length).isEqualTo(hex.replace(" ", "").length() / 2);
    }

    @ParameterizedTest(name = "{0}: {1} is undefined")
    @CsvSource(
            delimiter = '|',
            value = {
                "64 | 06",
                "64 | 27",
                "64 | 60",
                "64 | 82 c0 01",
                "64 | 9a",
                // VEX with what must not be before or in it
                "64 | 66 c5 f8 58 c1",
                "64 | f3 c5 f8 58 c1",
                "64 | 48 c5 f8 58 c1",
                "64 | f0 c5 f8 58 00",
                "64 | c5 f0 77",
                "64 | c5 f0 10 c1",
                "64 | c4 e0 78 58 c1",
                "64 | c4 e4 78 58 c1",
                "64 | c4 e2 79 19 00",
                "64 | c4 e2 fd 18 00",
                "64 | c4 e2 79 90 01",
                "32 | 66 c5 f8 58 c1",
                "16 | c4 e2 79 90 04",
                "64 | 62 f1 7c 48 58 c1",
                "32 | 62 f1 7c 48 58 c1",
                "64 | 8d c0",
                "64 | c6 c8 01",
                "64 | fe d0",
                "64 | ff f8",
                "64 | 8f c8",
                // a lock where there is none
                "64 | f0 01 d8",
                "64 | f0 03 00",
                "64 | f0 39 00",
                "64 | f0 8b 00",
                "64 | f0 90",
                "64 | f0 0f ba 20 01",
                // prefixes that leave no row
                "64 | f3 0f 38 f0 00",
                "64 | 0f b8 c3",
                "64 | f3 0f ae f8",
                "64 | f2 0f c7 f0",
                "64 | 8e f8",
                "64 | 0f 04",
            })
    void whatNoRowSaysIsUndefined(int mode, String hex) {
        assertThat(outcome(mode, hex)).isEqualTo(Decoder.Outcome.UNDEFINED);
    }

    @Test
    void everyBeginningOfAnInstructionAsksForMore() {
        String[] whole = {
            "64 65 66 48 c7 84 8d 00 01 00 00 01 00 00 00", "66 f2 0f 38 f1 04 24", "48 b8 01 02 03 04 05 06 07 08"
        };
        for (String hex : whole) {
            byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
            for (int n = 0; n < bytes.length; n++) {
                assertThat(decoder.decode(bytes, 0, n, 64, ADDRESS)).isNull();
                assertThat(decoder.outcome()).as(hex + " first " + n).isEqualTo(Decoder.Outcome.MORE);
            }
            assertThat(decoder.decode(bytes, 0, bytes.length, 64, ADDRESS)).isNotNull();
        }
    }

    @Test
    void anInstructionHasAtMostFifteenBytes() {
        String fourteen = "66".repeat(14);

        assertThat(outcome(64, fourteen + "90")).isEqualTo(Decoder.Outcome.DONE);
        assertThat(outcome(64, fourteen)).isEqualTo(Decoder.Outcome.MORE);
        assertThat(outcome(64, fourteen + "6690")).isEqualTo(Decoder.Outcome.TOO_LONG);
        assertThat(outcome(64, "66".repeat(100))).isEqualTo(Decoder.Outcome.TOO_LONG);
        assertThat(outcome(64, fourteen + "01d8")).isEqualTo(Decoder.Outcome.TOO_LONG);
    }

    @Test
    void theBytesBeforeTheOffsetDoNotMatter() {
        byte[] bytes = HexFormat.of().parseHex("f0f04801d8");

        Instruction instruction = decoder.decode(bytes, 2, 3, 64, ADDRESS);

        assertThat(instruction).isNotNull();
        assertThat(Disassembler.text(instruction)).isEqualTo("add rax, rbx");
    }

    @Test
    void theLastRepeatPrefixWins() {
        assertThat(decode(64, "f2 f3 a4").repeat).isEqualTo(0xF3);
        assertThat(decode(64, "f3 f2 a4").repeat).isEqualTo(0xF2);
        assertThat(outcome(64, "f3 f2 0f b8 c3")).isEqualTo(Decoder.Outcome.UNDEFINED);
    }

    @Test
    void theDefaultSegmentFollowsTheBase() {
        assertThat(decode(64, "8b 00").segment).isEqualTo(ProcessorState.DS);
        assertThat(decode(64, "8b 04 24").segment).isEqualTo(ProcessorState.SS);
        assertThat(decode(64, "8b 45 00").segment).isEqualTo(ProcessorState.SS);
        assertThat(decode(64, "41 8b 45 00").segment).isEqualTo(ProcessorState.DS);
        assertThat(decode(32, "8b 44 05 00").segment).isEqualTo(ProcessorState.SS);
        assertThat(decode(32, "8b 04 2d 00 00 00 00").segment).isEqualTo(ProcessorState.DS);
        assertThat(decode(16, "8b 02").segment).isEqualTo(ProcessorState.SS);
        assertThat(decode(16, "26 8b 02").segment).isEqualTo(ProcessorState.ES);
        assertThat(decode(16, "a4").segment).isEqualTo(ProcessorState.DS);
        assertThat(decode(16, "36 a4").segment).isEqualTo(ProcessorState.SS);
    }

    @Test
    void aMandatoryPrefixIsNotAnOperandSize() {
        Instruction instruction = decode(64, "66 f2 0f 38 f1 c3");
        assertThat(instruction.operandSize).isEqualTo(2);
        assertThat(decode(64, "f3 0f b8 c3").operandSize).isEqualTo(4);
    }

    @Test
    void operandsAreShared() {
        assertThat(decode(64, "48 01 d8").operand(0))
                .isSameAs(decode(64, "48 03 03").operand(0));
    }
}

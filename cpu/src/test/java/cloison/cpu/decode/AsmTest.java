package cloison.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AsmTest {
    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "64 | mov rcx, 10                       | 48c7c10a000000",
                "64 | mov eax, -1                       | b8ffffffff",
                "64 | mov rax, 0x123456789abcdef0       | 48b8f0debc9a78563412",
                "64 | mov spl, 1                        | 40b401",
                "64 | mov ah, 5                         | b405",
                "64 | add dword ptr [rbx+rcx*4-4], 1    | 83448bfc01",
                "64 | mov rax, gs:[0x28]                | 65488b042528000000",
                "64 | cmp byte [rdi+r9*8+0x1000], 0xff  | 4280bccf00100000ff",
                "64 | push 0x1234                       | 6834120000",
                "64 | pop r15                           | 415f",
                "64 | imul rax, [rbx], 1000             | 486903e8030000",
                "64 | shl eax, 1                        | d1e0",
                "64 | sar dword ptr [rax], cl           | d338",
                "64 | rep stosq                         | f348ab",
                "64 | cqo                               | 4899",
                "64 | lock cmpxchg16b [rsi]             | f0480fc70e",
                "64 | setnz al                          | 0f95c0",
                "64 | mov eax, [eax+4]                  | 678b4004",
                "64 | mov eax, [r13]                    | 418b4500",
                "64 | iretq                             | 48cf",
                "64 | mov cr0, rax                      | 0f22c0",
                "64 | vaddps ymm1, ymm2, ymm3           | c5ec58cb",
                "64 | vaddpd xmm8, xmm9, xmmword ptr [r10+8]| c44131584208",
                "64 | vmovss xmm1, xmm2, xmm3           | c5ea10cb",
                "64 | vmovss dword ptr [rax], xmm1      | c5fa1108",
                "64 | vpsrldq ymm15, ymm14, 3           | c4c10573de03",
                "64 | vblendvps xmm1, xmm2, xmm3, xmm12 | c4e3694acbc0",
                "64 | vgatherdpd ymm2, [rbx+xmm9*8+0x10], ymm4| c4a2dd9254cb10",
                "64 | vperm2f128 ymm1, ymm2, ymmword ptr [rax], 0x31| c4e36d060831",
                "64 | vfmadd231sd xmm3, xmm4, qword ptr [rsi]| c4e2d9b91e",
                "64 | vcvtps2ph qword ptr [rdi], xmm1, 4| c4e3791d0f04",
                "64 | vzeroall                          | c5fc77",
                "64 | andn rax, rbx, rcx                | c4e2e0f2c1",
                "64 | mulx r9d, r8d, dword ptr [rax]    | c4623bf608",
                "64 | rorx rax, rbx, 7                  | c4e3fbf0c307",
                "64 | blsr r15d, ecx                    | c4e200f3c9",
                "64 | bextr rax, qword ptr [rbx], rcx   | c4e2f0f703",
                "64 | tzcnt rax, rbx                    | f3480fbcc3",
                "64 | movbe word ptr [rax], cx          | 660f38f108",
                "64 | sha256rnds2 xmm1, xmm2, xmm0      | 0f38cbca",
                "64 | aesenc xmm1, xmmword ptr [rax]    | 660f38dc08",
                "64 | vpinsrq xmm1, xmm2, rax, 1        | c4e3e922c801",
                "32 | mov eax, [bx+si]                  | 678b00",
                "32 | push 0x12345678                   | 6878563412",
                "32 | jmp 0x8:0x1000                    | ea001000000800",
                "16 | mov ax, [bp+di+1]                 | 8b4301",
                "16 | mov eax, [eax]                    | 67668b00",
            })
    void aLineHasItsShortestEncoding(int mode, String line, String hex) {
        assertThat(HexFormat.of().formatHex(Asm.bytes(mode, 0, line))).isEqualTo(hex);
    }

    @Test
    void labelsAreFoundForwardsAndBackwards() {
        Asm asm = new Asm(64, 0x1000).text("""
                        start:  jmp over            ; far enough for 32 bits
                                space 200
                        over:   lea rax, [data+4]
                                jnz over
                                call start
                                align 4
                        data:   dd 7, data
                        """);

        byte[] bytes = asm.bytes();

        assertThat(HexFormat.of().formatHex(bytes, 0, 5)).isEqualTo("e9c8000000");
        assertThat(HexFormat.of().formatHex(bytes, 205, 219)).isEqualTo("488d050c00000075f7e825ffffff");
        assertThat(asm.label("over")).isEqualTo(0x1000 + 205);
        assertThat(asm.label("data")).isEqualTo(0x1000 + 220);
        assertThat(HexFormat.of().formatHex(bytes, 220, 228)).isEqualTo("07000000dc100000");
    }

    @Test
    void whatCannotBeEncodedNamesTheLine() {
        assertThatThrownBy(() -> Asm.bytes(64, 0, "nop\n mov eax, rbx")).hasMessageContaining("mov eax, rbx");
        assertThatThrownBy(() -> Asm.bytes(64, 0, "jmp nowhere")).hasMessageContaining("nowhere");
        assertThatThrownBy(() -> Asm.bytes(64, 0, "inc [rax]")).hasMessageContaining("no row");
    }
}

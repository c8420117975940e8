package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShiftStepsTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "mov eax, 0xc0000000 / shl eax, 1              | rax=80000000 flags=SPC",
                "mov eax, 0x40000000 / shl eax, 1              | rax=80000000 flags=OSP",
                "mov eax, 0x80000001 / shr eax, 1              | rax=40000000 flags=OPC",
                "mov eax, 0x80000001 / sar eax, 1              | rax=c0000000 flags=SPC",
                "mov al, 0x81 / shl al, 1                      | rax=2 flags=OC",
                "mov ax, 0x8001 / shr ax, 1                    | rax=4000 flags=OPC",
                "mov rax, -2 / sar rax, 1                      | rax=ffffffffffffffff flags=SP",
                "mov rax, 1 / shl rax, 63                      | rax=8000000000000000",
                "mov rax, 1 / shl rax, 64                      | rax=1",
                "mov eax, 1 / shl eax, 33                      | rax=2 flags=",
                "mov eax, 1 / mov cl, 32 / stc / shl eax, cl   | rax=1 flags=C",
                "mov rax, -1 / mov cl, 0 / shl eax, cl         | rax=ffffffff",
                "mov al, 0xff / mov cl, 9 / shl al, cl         | rax=0",
                "mov al, 0x80 / mov cl, 31 / sar al, cl        | rax=ff",
                // rotates touch CF and OF only
                "xor eax, eax / mov eax, 0x80000001 / rol eax, 1        | rax=3 flags=OZPC",
                "xor ebx, ebx / mov eax, 0x80000001 / ror eax, 1        | rax=c0000000 flags=ZPC",
                "xor ebx, ebx / mov al, 1 / ror al, 1                   | rax=80 flags=OZPC",
                "xor ebx, ebx / mov al, 0x81 / mov cl, 8 / rol al, cl   | al=81",
                "stc / mov al, 0x80 / rcl al, 1                         | rax=1 flags=OC",
                "clc / mov al, 1 / rcr al, 1                            | rax=0 flags=C",
                "stc / mov eax, 2 / rcr eax, 1                          | rax=80000001 flags=O",
                "stc / mov al, 0x12 / mov cl, 9 / rcl al, cl            | al=12 flags=C",
                "stc / mov al, 0x12 / mov cl, 3 / rcl al, cl            | al=94",
                "stc / mov rax, 0x12 / mov cl, 5 / rcr rax, cl          | rax=2800000000000000",
                "clc / mov ax, 0x1234 / mov cl, 17 / rcr ax, cl         | rax=1234",
                "mov rax, 0xf / mov rbx, 0xa000000000000000 / shld rax, rbx, 4 | rax=fa",
                "mov eax, 0xf0000000 / mov ebx, 0x5 / shrd eax, ebx, 4  | rax=5f000000",
                "mov eax, 1 / mov ebx, 0 / mov cl, 33 / shld eax, ebx, cl | rax=2",
                "mov ax, 0x8001 / mov bx, 0xc000 / shld ax, bx, 2       | rax=7",
                "mov dword ptr [0x20000], 3 / shl dword ptr [0x20000], 4        | [20000].4=30",
                "mov byte ptr [0x20000], 0x81 / stc / rcr byte ptr [0x20000], 1 | [20000].1=c0 flags=C",
                "mov qword ptr [0x20000], 1 / mov rax, 0 / shrd [0x20000], rax, 1 | [20000].8=0",
                // multiplication
                "mov eax, 0x10000 / mov ecx, 0x10000 / mul ecx          | rax=0 rdx=1",
                "mov rax, -1 / mov rcx, -1 / mul rcx                    | rax=1 rdx=fffffffffffffffe",
                "mov rax, -1 / mov rcx, 2 / imul rcx                    | rax=fffffffffffffffe rdx=ffffffffffffffff",
                "mov al, 0x80 / mov cl, 2 / mul cl                      | rax=100",
                "mov al, 0xfe / mov cl, 3 / imul cl                     | rax=fffa",
                "mov rdx, -1 / mov ax, 0x4000 / mov cx, 4 / mul cx      | rax=0 rdx=ffffffffffff0001",
                "mov eax, 7 / imul eax, eax, -3                         | rax=ffffffeb",
                "mov rcx, 0x100000000 / imul rcx, rcx                   | rcx=0",
                "mov qword ptr [0x20000], 5 / imul rax, [0x20000], 100  | rax=1f4",
                // division
                "mov eax, 100 / xor edx, edx / mov ecx, 7 / div ecx     | rax=e rdx=2",
                "mov eax, -100 / cdq / mov ecx, 7 / idiv ecx            | rax=fffffff2 rdx=fffffffe",
                "mov rdx, 1 / mov rax, 0 / mov rcx, 2 / div rcx         | rax=8000000000000000 rdx=0",
                "mov rax, -7 / cqo / mov rcx, -2 / idiv rcx             | rax=3 rdx=ffffffffffffffff",
                "mov ax, 1000 / mov cl, 10 / div cl                     | rax=64",
                "mov ax, -11 / mov cl, 2 / idiv cl                      | ah=ff al=fb",
                "xor ecx, ecx / div ecx                                 | vector=0",
                "mov edx, 1 / mov ecx, 1 / div ecx                      | vector=0 rdx=1",
                "mov rdx, 5 / mov rcx, 5 / div rcx                      | vector=0",
                "mov eax, 0x80000000 / cdq / mov ecx, -1 / idiv ecx     | vector=0",
                "mov rax, 0x8000000000000000 / cqo / mov rcx, -1 / idiv rcx | vector=0",
                "mov ax, 0x8000 / mov cl, -1 / idiv cl                  | vector=0",
                "mov rdx, 0x8000000000000000 / mov rax, 0 / mov rcx, 1 / idiv rcx | vector=0",
                "mov rdx, -1 / mov rax, 0 / mov rcx, 2 / idiv rcx       | rax=8000000000000000 rdx=0",
                "mov rdx, -1 / mov rax, 0 / mov rcx, -2 / idiv rcx      | vector=0",
            })
    void shiftsMultiplicationsAndDivisionsAreExact(String program, String outcome) {
        Fact.holds(program, outcome);
    }

    @Test
    void carryAndOverflowOfAProductSayWhetherItsUpperHalfMatters() {
        Samples.check(200, random -> {
            long a = random.nextLong() >> random.nextInt(64);
            long b = random.nextLong() >> random.nextInt(64);
            BigInteger product = BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
            boolean fits = product.bitLength() < 64;

            Fact.holds(
                    "mov rax, 0x%x / mov rbx, 0x%x / imul rax, rbx / setc cl / seto dl".formatted(a, b),
                    "rax=%x cl=%d dl=%d".formatted(a * b, fits ? 0 : 1, fits ? 0 : 1));
        });
    }

    @Test
    void longDivisionIsThatOfBigIntegers() {
        Samples.check(2000, random -> {
            long divisor = random.nextLong() >>> random.nextInt(64);
            long high = divisor == 0 ? 0 : Long.remainderUnsigned(random.nextLong(), divisor);
            long low = random.nextLong();
            if (divisor == 0) {
                return;
            }
            BigInteger dividend = unsigned(high).shiftLeft(64).add(unsigned(low));

            long quotient = Multiply.divide128(high, low, divisor);

            assertThat(unsigned(quotient)).isEqualTo(dividend.divide(unsigned(divisor)));
        });
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}

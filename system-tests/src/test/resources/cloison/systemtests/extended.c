/* Works with x87 and MMX registers again and again, and notices if they are not what they should be.

   extended NUMBER ROUNDS: ends with status 0 and one line that depends on the number alone. All operations used have
   one result on every processor. */
#define _GNU_SOURCE
#include <fenv.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static volatile long double one = 1.0L;
static volatile int traps;

static void trap(int number, siginfo_t *info, void *context) {
    (void)number;
    ucontext_t *interrupted = context;
    traps += info->si_code == FPE_FLTDIV ? 1 : 1000;
    interrupted->uc_mcontext.fpregs->cwd |= 0x3F;
    interrupted->uc_mcontext.fpregs->swd &= ~0x80FF;
}

static long double arithmetic(int number) {
    long double values[8];
    for (int i = 0; i < 8; i++) values[i] = number + i + 0.5L;
    for (int i = 0; i < 3000; i++) {
        long double *next = &values[(i + 3) & 7], *each = &values[i & 7];
        *each = *each * 0.999L + *next / (1.0L + *each * *each);
        if (i % 50 == 0) {
            char text[64];
            snprintf(text, sizeof text, "%.17Lg", fmodl(*next * 1e9L, 3.3L) + sqrtl(fabsl(*each)));
            *next += ldexpl(strtold(text, NULL), -3) + (long double)llrintl(*each * 1e6L);
        }
        if (i % 500 == 499) *next = *next > 1e6L ? 1.0L : *next;
    }
    long double sum = 0;
    for (int i = 0; i < 8; i++) sum += values[i];
    return sum;
}

static uint64_t packed(int number) {
    uint64_t result;
    __asm__ volatile(
        "movq %1, %%mm0\n movq %%mm0, %%mm1\n movl $2000, %%ecx\n"
        "0: paddw %%mm1, %%mm0\n pmullw %%mm0, %%mm1\n psrlq $1, %%mm1\n pxor %%mm0, %%mm1\n punpcklbw %%mm0, %%mm1\n"
        "decl %%ecx\n jnz 0b\n movq %%mm1, %0\n emms"
        : "=r"(result)
        : "r"(0x0102030405060708u * (uint64_t)(number + 1))
        : "ecx", "cc", "memory");
    return result;
}

/* Divides by zero while that is not masked: the signal comes with the next instruction, and ends it. */
static int trapped(void) {
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_DIVBYZERO);
    traps = 0;
    volatile long double quotient = one / (one - 1.0L);
    quotient = quotient + 1;
    fedisableexcept(FE_ALL_EXCEPT);
    return traps == 1;
}

static int rounded(int mode, uint64_t expected) {
    fesetround(mode);
    volatile long double third = one / 3;
    fesetround(FE_TONEAREST);
    long double copy = third;
    uint64_t significand;
    memcpy(&significand, &copy, sizeof significand);
    return significand == expected;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int number = atoi(arguments[1]);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = trap;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGFPE, &action, NULL);
    long double sum = arithmetic(number);
    uint64_t lanes = packed(number);
    for (int round = atoi(arguments[2]); round > 0; round--) {
        if (arithmetic(number) != sum || packed(number) != lanes) return 3;
        if (!rounded(FE_UPWARD, 0xAAAAAAAAAAAAAAAB) || !rounded(FE_TOWARDZERO, 0xAAAAAAAAAAAAAAAA)) return 4;
        if (!trapped()) return 5;
    }
    printf("%La %016lx\n", sum, (unsigned long)lanes);
    return 0;
}

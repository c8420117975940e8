/* Loads and stores all over 128 MiB in pages of 4 KiB: nearly each meets a page that no table of translations knows. */
#include <sys/mman.h>

#include "program.h"

enum { PAGES = 1 << 15, ACCESSES = 1 << 20 };
static char memory[PAGES][4096] __attribute__((aligned(4096)));

static uint64_t work(unsigned round) {
    uint64_t sum = 0, x = round;
    madvise(memory, sizeof memory, MADV_NOHUGEPAGE);
    for (int i = 0; i < ACCESSES; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        char *at = memory[x >> 49] + (x >> 40 & 63) * 64;
        if (i & 1) {
            *at += (char)i;
        } else {
            sum += (uint64_t)*at;
        }
    }
    return sum;
}

/* The sieve of Eratosthenes up to four million: byte stores with strides. */
#include "program.h"

enum { LIMIT = 4000000 };
static uint8_t composite[LIMIT + 1];

static uint64_t work(unsigned round) {
    memset(composite, 0, sizeof composite);
    uint64_t sum = round;
    for (unsigned n = 2; n <= LIMIT; n++) {
        if (composite[n]) continue;
        sum += n;
        for (uint64_t m = (uint64_t)n * n; m <= LIMIT; m += n) composite[m] = 1;
    }
    return sum;
}

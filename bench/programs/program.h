/* What every benchmark program shares: it repeats its work until told enough, and prints one line
 *
 *     bench NAME repeats NANOSECONDS CHECKSUM
 *
 * The checksum depends on every result, so that nothing can be optimised away and two engines can be compared. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t work(unsigned round);

static uint64_t nanos(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t mix(uint64_t sum, uint64_t value) {
    sum ^= value + 0x9e3779b97f4a7c15u + (sum << 6) + (sum >> 2);
    return sum;
}

int main(int count, char **arguments) {
    unsigned repeats = count > 1 ? (unsigned)strtoul(arguments[1], 0, 10) : 1;
    const char *name = strrchr(arguments[0], '/');
    uint64_t sum = 0, start = nanos();
    for (unsigned i = 0; i < repeats; i++) {
        sum = mix(sum, work(i));
    }
    printf("bench %s %u %llu %016llx\n", name ? name + 1 : arguments[0], repeats,
           (unsigned long long)(nanos() - start), (unsigned long long)sum);
    return 0;
}

/* Quicksort of half a million integers: unpredictable branches. */
#include "program.h"

enum { COUNT = 500000 };
static uint32_t values[COUNT];

static void sort(uint32_t *from, uint32_t *to) {
    while (to - from > 1) {
        uint32_t pivot = from[(to - from) / 2], *low = from, *high = to - 1;
        while (low <= high) {
            while (*low < pivot) low++;
            while (*high > pivot) high--;
            if (low <= high) {
                uint32_t t = *low;
                *low++ = *high;
                *high-- = t;
            }
        }
        if (high + 1 - from < to - low) {
            sort(from, high + 1);
            from = low;
        } else {
            sort(low, to);
            to = high + 1;
        }
    }
}

static uint64_t work(unsigned round) {
    uint32_t seed = round + 1;
    for (int i = 0; i < COUNT; i++) values[i] = seed = seed * 1664525 + 1013904223;
    sort(values, values + COUNT);
    return mix(values[0], values[COUNT / 2]);
}

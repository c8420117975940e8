/* Byte loops: count words, upper-case, and a naive search in two megabytes of text. */
#include "program.h"

enum { SIZE = 1 << 21 };
static char text[SIZE];

__attribute__((noinline, optimize("no-tree-vectorize"))) static uint64_t words(void) {
    uint64_t count = 0;
    int inside = 0;
    for (int i = 0; i < SIZE; i++) {
        int letter = text[i] > ' ';
        count += letter && !inside;
        inside = letter;
        if (text[i] >= 'a' && text[i] <= 'z') text[i] -= 32;
    }
    return count;
}

static uint64_t work(unsigned round) {
    uint32_t seed = round + 7;
    for (int i = 0; i < SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = (seed >> 24) % 6 == 0 ? ' ' : (char)('a' + (seed >> 16) % 26);
    }
    uint64_t sum = words(), hits = 0;
    for (int i = 0; i + 3 < SIZE; i++) hits += text[i] == 'C' && text[i + 1] == 'A' && text[i + 2] == 'T';
    return mix(sum, hits);
}

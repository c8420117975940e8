/* An open-addressing hash table: dependent loads all over eight megabytes. */
#include "program.h"

enum { SLOTS = 1 << 19 };
static struct { uint64_t key, value; } table[SLOTS];

static uint64_t hash(uint64_t x) {
    x ^= x >> 33; x *= 0xff51afd7ed558ccdu;
    x ^= x >> 29; x *= 0xc4ceb9fe1a85ec53u;
    return x ^ x >> 32;
}

static uint64_t work(unsigned round) {
    uint64_t sum = 0;
    memset(table, 0, sizeof table);
    for (uint64_t i = 1; i <= SLOTS / 2; i++) {
        uint64_t key = hash(i + round) | 1, at = key % SLOTS;
        while (table[at].key) at = (at + 1) % SLOTS;
        table[at].key = key;
        table[at].value = i;
    }
    for (uint64_t i = 1; i <= SLOTS / 2; i++) {
        uint64_t key = hash(i + round) | 1, at = key % SLOTS;
        while (table[at].key && table[at].key != key) at = (at + 1) % SLOTS;
        sum = mix(sum, table[at].value);
    }
    return sum;
}

/* SHA-256 (FIPS 180-4) over a megabyte: rotations, adds, a table. */
#include "program.h"

static uint32_t constants[64];
static uint8_t data[1 << 20];

static uint32_t rotate(uint32_t x, int by) { return x >> by | x << (32 - by); }

/* The constants are the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static void prepare(void) {
    unsigned found = 0;
    for (unsigned n = 2; found < 64; n++) {
        int prime = 1;
        for (unsigned d = 2; d * d <= n; d++) prime &= n % d != 0;
        if (!prime) continue;
        unsigned __int128 target = (unsigned __int128)n << 96;
        uint64_t low = 0, high = (uint64_t)1 << 36;
        while (high - low > 1) {
            uint64_t mid = low + (high - low) / 2;
            if ((unsigned __int128)mid * mid * mid <= target) low = mid; else high = mid;
        }
        constants[found++] = (uint32_t)low;
    }
}

static void block(uint32_t state[8], const uint8_t *in) {
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)in[4 * i] << 24 | (uint32_t)in[4 * i + 1] << 16 | (uint32_t)in[4 * i + 2] << 8 | in[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    uint32_t s[8];
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
        uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6]; s[6] = s[5]; s[5] = s[4]; s[4] = s[3] + t1;
        s[3] = s[2]; s[2] = s[1]; s[1] = s[0]; s[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

static uint64_t work(unsigned round) {
    if (!constants[0]) prepare();
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(data, (int)round + 1, sizeof data);
    for (size_t at = 0; at < sizeof data; at += 64) block(state, data + at);
    return (uint64_t)state[0] << 32 | state[7];
}

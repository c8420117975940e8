/* A small LZ77 compressor and its decompressor over a megabyte: hashing, matching, copying. */
#include "program.h"

enum { SIZE = 1 << 20, HASHES = 1 << 14 };
static uint8_t input[SIZE], packed[SIZE * 2], output[SIZE];
static int32_t last[HASHES];

static size_t pack(void) {
    size_t out = 0;
    memset(last, 0xff, sizeof last);
    for (size_t at = 0; at < SIZE;) {
        size_t length = 0, distance = 0;
        if (at + 4 <= SIZE) {
            uint32_t four;
            memcpy(&four, input + at, 4);
            uint32_t slot = four * 2654435761u >> 18;
            int32_t candidate = last[slot];
            last[slot] = (int32_t)at;
            if (candidate >= 0 && at - (size_t)candidate < 65536)
                while (at + length < SIZE && length < 255 && input[(size_t)candidate + length] == input[at + length]) length++;
            distance = candidate >= 0 ? at - (size_t)candidate : 0;
        }
        if (length >= 4) {
            packed[out++] = (uint8_t)length;
            packed[out++] = (uint8_t)distance;
            packed[out++] = (uint8_t)(distance >> 8);
            at += length;
        } else {
            packed[out++] = 0;
            packed[out++] = input[at++];
        }
    }
    return out;
}

static size_t unpack(size_t size) {
    size_t out = 0;
    for (size_t at = 0; at < size;) {
        size_t length = packed[at++];
        if (length == 0) {
            output[out++] = packed[at++];
        } else {
            size_t distance = packed[at] | (size_t)packed[at + 1] << 8;
            at += 2;
            for (; length > 0; length--, out++) output[out] = output[out - distance];
        }
    }
    return out;
}

static uint64_t work(unsigned round) {
    uint32_t seed = round + 3;
    for (int i = 0; i < SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        input[i] = i > 1000 && seed >> 29 ? input[i - 64 - (seed >> 20 & 511)] : (uint8_t)(seed >> 24);
    }
    size_t size = pack();
    if (unpack(size) != SIZE || memcmp(input, output, SIZE) != 0) abort();
    return size;
}

/* A product of double matrices, written so that the compiler vectorises the inner loop. */
#include "program.h"

enum { N = 192 };
static double a[N][N], b[N][N], c[N][N];

static uint64_t work(unsigned round) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = i * 0.5 + j + round;
            b[i][j] = i - j * 0.25;
            c[i][j] = 0;
        }
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++)
            for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
    uint64_t bits;
    memcpy(&bits, &c[N / 2][N / 3], 8);
    return bits;
}

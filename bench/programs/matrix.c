/* An integer matrix product, kept scalar. */
#include "program.h"

enum { N = 160 };
static uint32_t a[N][N], b[N][N], c[N][N];

__attribute__((noinline, optimize("no-tree-vectorize"))) static void multiply(void) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            uint32_t sum = 0;
            for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
}

static uint64_t work(unsigned round) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (uint32_t)(i * 7 + j + (int)round);
            b[i][j] = (uint32_t)(i - j * 3);
        }
    multiply();
    return mix(c[1][2], c[N - 1][N - 1]);
}

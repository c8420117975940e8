/* A five-point stencil in single precision, which the compiler vectorises. */
#include "program.h"

enum { N = 384 };
static float grid[2][N][N];

static uint64_t work(unsigned round) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) grid[0][i][j] = (float)((i * 31 + j * 17 + (int)round) % 101);
    for (int step = 0; step < 20; step++) {
        float(*from)[N] = grid[step & 1], (*to)[N] = grid[~step & 1];
        for (int i = 1; i < N - 1; i++)
            for (int j = 1; j < N - 1; j++)
                to[i][j] = 0.2f * (from[i][j] + from[i - 1][j] + from[i + 1][j] + from[i][j - 1] + from[i][j + 1]);
    }
    uint32_t bits;
    memcpy(&bits, &grid[0][N / 2][N / 2], 4);
    return bits;
}

/* Power iteration on an implicit matrix, doubles: divisions and sums. */
#include "program.h"

enum { N = 256 };

static double entry(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void apply(const double *from, double *to, int transposed) {
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < N; j++) sum += (transposed ? entry(j, i) : entry(i, j)) * from[j];
        to[i] = sum;
    }
}

static uint64_t work(unsigned round) {
    static double u[N], v[N], t[N];
    for (int i = 0; i < N; i++) u[i] = 1 + round * 1e-6;
    for (int k = 0; k < 6; k++) {
        apply(u, t, 0);
        apply(t, v, 1);
        apply(v, t, 0);
        apply(t, u, 1);
    }
    double uv = 0, vv = 0;
    for (int i = 0; i < N; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    double result = uv / vv;
    uint64_t bits;
    memcpy(&bits, &result, 8);
    return bits;
}

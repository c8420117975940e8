/* Five bodies under gravity, doubles: square roots and divisions. */
#include "program.h"
#include <math.h>

enum { BODIES = 5 };
static double position[BODIES][3], velocity[BODIES][3], mass[BODIES];

static uint64_t work(unsigned round) {
    for (int i = 0; i < BODIES; i++) {
        mass[i] = 1.0 / (i + 1);
        for (int k = 0; k < 3; k++) {
            position[i][k] = (i + 1) * (k == i % 3 ? 2.5 : 0.75) + round * 1e-3;
            velocity[i][k] = 0.1 * (k - 1) / (i + 1);
        }
    }
    for (int step = 0; step < 60000; step++) {
        for (int i = 0; i < BODIES; i++)
            for (int j = i + 1; j < BODIES; j++) {
                double d[3], square = 1e-3;
                for (int k = 0; k < 3; k++) {
                    d[k] = position[i][k] - position[j][k];
                    square += d[k] * d[k];
                }
                double scale = 1e-4 / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    velocity[i][k] -= d[k] * mass[j] * scale;
                    velocity[j][k] += d[k] * mass[i] * scale;
                }
            }
        for (int i = 0; i < BODIES; i++)
            for (int k = 0; k < 3; k++) position[i][k] += 1e-4 * velocity[i][k];
    }
    uint64_t bits;
    memcpy(&bits, &position[0][0], 8);
    return bits;
}

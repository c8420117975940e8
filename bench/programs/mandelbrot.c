/* The Mandelbrot set in doubles: multiplications and comparisons. */
#include "program.h"

static uint64_t work(unsigned round) {
    uint64_t sum = round;
    for (int y = 0; y < 128; y++)
        for (int x = 0; x < 192; x++) {
            double cr = x / 64.0 - 2.0, ci = y / 64.0 - 1.0, r = 0, i = 0;
            int n = 0;
            for (; n < 400 && r * r + i * i < 4; n++) {
                double t = r * r - i * i + cr;
                i = 2 * r * i + ci;
                r = t;
            }
            sum += (unsigned)n;
        }
    return sum;
}

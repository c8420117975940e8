/* Doubly recursive Fibonacci: calls and returns. */
#include "program.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls", "no-inline"))) static uint64_t fibonacci(unsigned n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static uint64_t work(unsigned round) { return fibonacci(30) + round; }

/* An interpreter of a small stack language: indirect jumps and short dependency chains. */
#include "program.h"

enum op { PUSH, ADD, MUL, XOR, DUP, SWAP, DEC, JNZ, STORE, LOAD, END };

static const int32_t code[] = {
    PUSH, 1, STORE, 0, PUSH, 400000, STORE, 1,
    LOAD, 0, DUP, MUL, LOAD, 1, ADD, PUSH, 12345, XOR, STORE, 0,
    LOAD, 1, DEC, DUP, STORE, 1, JNZ, 8,
    LOAD, 0, END};

static uint64_t work(unsigned round) {
    uint64_t stack[16], slots[2] = {0, 0}, *top = stack, t;
    for (const int32_t *at = code;;) {
        switch ((enum op)*at++) {
            case PUSH: *++top = (uint64_t)*at++ + round; break;
            case ADD: top--; top[0] += top[1]; break;
            case MUL: top--; top[0] *= top[1]; break;
            case XOR: top--; top[0] ^= top[1]; break;
            case DUP: top[1] = top[0]; top++; break;
            case SWAP: t = top[0]; top[0] = top[-1]; top[-1] = t; break;
            case DEC: top[0]--; break;
            case JNZ: if (*top-- != 0) at = code + *at; else at++; break;
            case STORE: slots[*at++] = *top--; break;
            case LOAD: *++top = slots[*at++]; break;
            case END: return *top;
        }
    }
}

package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RBP;
import static cloison.machine.processor.ProcessorState.RSP;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Makes the steps of the stack instructions.
///
/// RSP changes when all accesses have gone well, so that a fault leaves it.
final class StackSteps {
    private static final int RESERVED_OR_UNSEEN = Flags.RF | Flags.VM;

    private StackSteps() {}

    // ---- PUSH and POP

    static Step push(Instruction i) {
        Operand from = i.operand(0);
        int size = i.operandSize;
        boolean simple = i.mode == 64 && size == 8;
        switch (from.kind()) {
            case IMMEDIATE -> {
                long value = i.immediate;
                return simple
                        ? new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                push64(cpu, value);
                            }
                        }
                        : new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                push(cpu, value, size);
                            }
                        };
            }
            case MEMORY -> {
                return new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        push(cpu, cpu.mmu.read(reading(cpu, size), size), size);
                    }
                };
            }
            default -> {
                int s = from.number();
                return simple
                        ? new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                push64(cpu, cpu.gpr[s]);
                            }
                        }
                        : new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                push(cpu, cpu.gpr[s], size);
                            }
                        };
            }
        }
    }

    private static void push64(Cpu cpu, long value) {
        long sp = cpu.gpr[RSP] - 8;
        cpu.mmu.write64(sp, value);
        cpu.gpr[RSP] = sp;
    }

    private static void push(Cpu cpu, long value, int size) {
        Stack.commit(cpu, Stack.push(cpu, Stack.pointer(cpu), size, value));
    }

    static Step pop(Instruction i) {
        int size = i.operandSize;
        if (i.operand(0).kind() == Kind.MEMORY) {
            return popToMemory(i, size);
        }
        int d = i.operand(0).number();
        if (i.mode == 64 && size == 8) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    long sp = cpu.gpr[RSP];
                    long value = cpu.mmu.read64(sp);
                    cpu.gpr[RSP] = sp + 8;
                    cpu.gpr[d] = value;
                }
            };
        }
        Slot slot = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long pointer = Stack.pointer(cpu);
                long value = Stack.peek(cpu, pointer, 0, size);
                Stack.commit(cpu, pointer + size);
                slot.set(cpu, value);
            }
        };
    }

    /// The address of the destination is that of after the pop.
    private static Step popToMemory(Instruction i, int size) {
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                long before = cpu.gpr[RSP];
                long pointer = Stack.pointer(cpu);
                long value = Stack.peek(cpu, pointer, 0, size);
                Stack.commit(cpu, pointer + size);
                try {
                    cpu.mmu.write(writing(cpu, size), size, value);
                } catch (RuntimeException e) {
                    cpu.gpr[RSP] = before;
                    throw e;
                }
            }
        };
    }

    // ---- PUSHA and POPA

    static Step pushAll(Instruction i) {
        int size = i.operandSize;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                // all eight are checked first
                long first = Stack.pointer(cpu);
                long pointer = first;
                for (int n = 0; n < 8; n++) {
                    pointer = pointer - size & Stack.mask(cpu);
                    cpu.mmu.probeWrite(Stack.linear(cpu, pointer, size, true), size);
                }
                pointer = first;
                for (int n = 0; n < 8; n++) {
                    pointer = Stack.push(cpu, pointer, size, cpu.gpr[n]);
                }
                Stack.commit(cpu, pointer);
            }
        };
    }

    static Step popAll(Instruction i) {
        int size = i.operandSize;
        long keep = size == 2 ? ~0xFFFFL : 0;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long pointer = Stack.pointer(cpu);
                for (int n = 0; n < 8; n++) {
                    cpu.mmu.probeRead(Stack.linear(cpu, pointer + n * size & Stack.mask(cpu), size, false), size, size);
                }
                for (int n = 7; n >= 0; n--) {
                    if (n != RSP) {
                        cpu.gpr[n] = cpu.gpr[n] & keep | Stack.peek(cpu, pointer, (7 - n) * size, size);
                    }
                }
                Stack.commit(cpu, pointer + 8 * size);
            }
        };
    }

    // ---- PUSHF and POPF

    /// Virtual-8086 mode needs IOPL 3 for both.
    private static void checkFlagAccess(Cpu cpu) {
        if (cpu.virtual8086() && cpu.iopl() < 3) {
            throw GuestFault.protection();
        }
    }

    static Step pushFlags(Instruction i) {
        int size = i.operandSize;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                checkFlagAccess(cpu);
                push(cpu, cpu.rflags() & ~RESERVED_OR_UNSEEN & 0xFFFF_FFFFL, size);
            }
        };
    }

    static Step popFlags(Instruction i) {
        int size = i.operandSize;
        int always = Flags.STATUS | Flags.TF | Flags.DF | Flags.NT | (size == 2 ? 0 : Flags.AC | Flags.ID);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                checkFlagAccess(cpu);
                long pointer = Stack.pointer(cpu);
                int value = (int) Stack.peek(cpu, pointer, 0, size);
                Stack.commit(cpu, pointer + size);
                int mask = always;
                if (cpu.cpl <= cpu.iopl()) {
                    mask |= Flags.IF;
                }
                if (cpu.cpl == 0) {
                    mask |= Flags.IOPL;
                }
                cpu.loadFlags(value, mask);
            }
        };
    }

    // ---- ENTER and LEAVE

    static Step enter(Instruction i) {
        int size = i.operandSize;
        long space = i.immediate & 0xFFFF;
        int level = (int) i.immediate2 & 31;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long mask = Stack.mask(cpu);
                long pointer = Stack.push(cpu, Stack.pointer(cpu), size, cpu.gpr[RBP]);
                // SDM volume 2, ENTER: ESP by the operand size, also where only SP addresses the stack
                long frame = cpu.gpr[RSP] & ~mask | pointer;
                long link = cpu.gpr[RBP] & mask;
                for (int n = 1; n < level; n++) {
                    link = link - size & mask;
                    long value = cpu.mmu.read(Stack.linear(cpu, link, size, false), size);
                    pointer = Stack.push(cpu, pointer, size, value);
                }
                if (level > 0) {
                    pointer = Stack.push(cpu, pointer, size, frame);
                }
                pointer = pointer - space & mask;
                // the new top must be writable
                cpu.mmu.probeWrite(Stack.linear(cpu, pointer, size, true), size, size);
                long keep = size == 2 ? ~0xFFFFL : 0;
                cpu.gpr[RBP] = cpu.gpr[RBP] & keep | frame & Slot.mask(size);
                Stack.commit(cpu, pointer);
            }
        };
    }

    static Step leave(Instruction i) {
        int size = i.operandSize;
        if (i.mode == 64 && size == 8) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    long sp = cpu.gpr[RBP];
                    long value = cpu.mmu.read64(sp);
                    cpu.gpr[RSP] = sp + 8;
                    cpu.gpr[RBP] = value;
                }
            };
        }
        long keep = size == 2 ? ~0xFFFFL : 0;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long pointer = cpu.gpr[RBP] & Stack.mask(cpu);
                long value = Stack.peek(cpu, pointer, 0, size);
                Stack.commit(cpu, pointer + size);
                cpu.gpr[RBP] = cpu.gpr[RBP] & keep | value;
            }
        };
    }
}

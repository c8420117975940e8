package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RSP;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.state.GuestFault;

/// Makes the steps that change the flow inside a code segment: jumps, loops, calls and returns.
///
/// A target outside the code segment, or not canonical, faults before anything is changed.
final class BranchSteps {
    private BranchSteps() {}

    /// {@return `target`, if it can be executed from}
    static long checked(Cpu cpu, long target) {
        if (cpu.longMode) {
            if (!Canonical.is(target)) {
                throw GuestFault.protection();
            }
        } else if (target > (cpu.segmentLimit[CS] & 0xFFFF_FFFFL)) {
            throw GuestFault.protection();
        }
        return target;
    }

    /// {@return whether a target known from the instruction needs no check when it is gone to}
    private static boolean safe(Instruction i) {
        return i.mode == 64 && Canonical.is(i.immediate);
    }

    // ---- jumps

    static Step jump(Instruction i) {
        long target = i.immediate;
        switch (i.operand(0).kind()) {
            case RELATIVE -> {
                return safe(i)
                        ? new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                cpu.rip = target;
                            }
                        }
                        : new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                cpu.rip = checked(cpu, target);
                            }
                        };
            }
            case MEMORY -> {
                int size = i.operand(0).size();
                return new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.rip = checked(cpu, cpu.mmu.read(reading(cpu, size), size));
                    }
                };
            }
            default -> {
                Slot s = Slot.of(i.operand(0));
                return new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.rip = checked(cpu, s.value(cpu));
                    }
                };
            }
        }
    }

    /// Jcc.
    static Step conditional(IntegerOp op, Instruction i) {
        int code = op.condition();
        long target = i.immediate;
        if (!safe(i)) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    if (Conditions.holds(cpu, code)) {
                        cpu.rip = checked(cpu, target);
                    }
                }
            };
        }
        return switch (op) {
            case JB ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (cpu.carry()) {
                            cpu.rip = target;
                        }
                    }
                };
            case JAE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (!cpu.carry()) {
                            cpu.rip = target;
                        }
                    }
                };
            case JE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (cpu.zero()) {
                            cpu.rip = target;
                        }
                    }
                };
            case JNE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (!cpu.zero()) {
                            cpu.rip = target;
                        }
                    }
                };
            case JBE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (Conditions.belowOrEqual(cpu)) {
                            cpu.rip = target;
                        }
                    }
                };
            case JA ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (!Conditions.belowOrEqual(cpu)) {
                            cpu.rip = target;
                        }
                    }
                };
            case JS ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (cpu.sign()) {
                            cpu.rip = target;
                        }
                    }
                };
            case JNS ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (!cpu.sign()) {
                            cpu.rip = target;
                        }
                    }
                };
            default -> signed(op, target);
        };
    }

    private static Step signed(IntegerOp op, long target) {
        int code = op.condition();
        return switch (op) {
            case JL ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (Conditions.less(cpu)) {
                            cpu.rip = target;
                        }
                    }
                };
            case JGE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (!Conditions.less(cpu)) {
                            cpu.rip = target;
                        }
                    }
                };
            case JLE ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (Conditions.lessOrEqual(cpu)) {
                            cpu.rip = target;
                        }
                    }
                };
            case JG ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (!Conditions.lessOrEqual(cpu)) {
                            cpu.rip = target;
                        }
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (Conditions.holds(cpu, code)) {
                            cpu.rip = target;
                        }
                    }
                };
        };
    }

    /// LOOP, LOOPE, LOOPNE and JRCXZ, which count in a register of the address size.
    static Step counted(IntegerOp op, Instruction i) {
        long target = i.immediate;
        long mask = Slot.mask(i.addressSize);
        long keep = i.addressSize == 2 ? ~mask : 0;
        if (op == IntegerOp.JRCXZ) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    if ((cpu.gpr[RCX] & mask) == 0) {
                        cpu.rip = checked(cpu, target);
                    }
                }
            };
        }
        boolean either = op == IntegerOp.LOOP;
        boolean equal = op == IntegerOp.LOOPE;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long count = cpu.gpr[RCX] - 1 & mask;
                if (count != 0 && (either || cpu.zero() == equal)) {
                    cpu.rip = checked(cpu, target);
                }
                cpu.gpr[RCX] = cpu.gpr[RCX] & keep | count;
            }
        };
    }

    // ---- calls

    static Step call(Instruction i) {
        boolean wide = i.mode == 64;
        int size = i.operandSize;
        long next = wide ? i.next() : i.next() & Slot.mask(size);
        switch (i.operand(0).kind()) {
            case RELATIVE -> {
                long target = i.immediate;
                return safe(i)
                        ? new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                long sp = cpu.gpr[RSP] - 8;
                                cpu.mmu.write64(sp, next);
                                cpu.gpr[RSP] = sp;
                                cpu.rip = target;
                            }
                        }
                        : new Step() {
                            @Override
                            public void run(Cpu cpu) {
                                enter(cpu, target, next, size);
                            }
                        };
            }
            case MEMORY -> {
                return new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        enter(cpu, cpu.mmu.read(reading(cpu, size), size), next, size);
                    }
                };
            }
            default -> {
                Slot s = Slot.of(i.operand(0));
                return new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        enter(cpu, s.value(cpu), next, size);
                    }
                };
            }
        }
    }

    /// Pushes, then looks at the target, as processors do: RSP stays if it cannot be reached.
    private static void enter(Cpu cpu, long target, long next, int size) {
        long pointer = Stack.push(cpu, Stack.pointer(cpu), size, next);
        cpu.rip = checked(cpu, target);
        Stack.commit(cpu, pointer);
    }

    static Step back(Instruction i) {
        long release = i.operands.length == 0 ? 0 : i.immediate & 0xFFFF;
        if (i.mode == 64) {
            long popped = 8 + release;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    long sp = cpu.gpr[RSP];
                    long target = cpu.mmu.read64(sp);
                    if (!Canonical.is(target)) {
                        throw GuestFault.protection();
                    }
                    cpu.gpr[RSP] = sp + popped;
                    cpu.rip = target;
                }
            };
        }
        int size = i.operandSize;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long pointer = Stack.pointer(cpu);
                cpu.rip = checked(cpu, Stack.peek(cpu, pointer, 0, size));
                Stack.commit(cpu, pointer + size + release);
            }
        };
    }

    /// BOUND.
    static Step bound(Instruction i) {
        int size = i.operandSize;
        int shift = 64 - 8 * size;
        Slot s = Slot.of(i.operand(0));
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                long at = reading(cpu, 2 * size);
                long lowest = cpu.mmu.read(at, size) << shift >> shift;
                long index = s.get(cpu) << shift >> shift;
                if (index < lowest || index > cpu.mmu.read(at + size & 0xFFFF_FFFFL, size) << shift >> shift) {
                    throw GuestFault.of(GuestFault.BR, 0);
                }
            }
        };
    }
}

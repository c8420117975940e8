package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RBX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDX;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.mmu.Mmu;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Makes the steps of the exchanging instructions: XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B.
final class ExchangeSteps {
    private static final long LOW = 0xFFFF_FFFFL;

    private ExchangeSteps() {}

    // ---- XCHG

    /// With memory it is always locked. Of rAX with itself it is NOP, which keeps the upper half of RAX.
    static Step exchange(Instruction i) {
        Operand first = i.operand(0);
        Operand second = i.operand(1);
        int size = first.size();
        if (first.kind() == Kind.MEMORY) {
            Slot s = Slot.of(second);
            long mask = Slot.mask(size);
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Mmu mmu = cpu.mmu;
                    long at = writing(cpu, size);
                    long value = s.get(cpu) & mask;
                    long found = mmu.readForWrite(at, size);
                    for (long seen; (seen = mmu.compareAndExchange(at, size, found, value)) != found; ) {
                        found = seen;
                    }
                    s.set(cpu, found);
                }
            };
        }
        if (first.equals(second) && !i.row.form().modrm()) {
            return new MiscSteps.Nothing();
        }
        Slot d = Slot.of(first);
        Slot s = Slot.of(second);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long value = d.get(cpu);
                d.set(cpu, s.get(cpu));
                s.set(cpu, value);
            }
        };
    }

    // ---- XADD

    static Step exchangeAdd(Instruction i) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        Slot s = Slot.of(i.operand(1));
        if (i.operand(0).kind() == Kind.MEMORY) {
            if (i.lock) {
                return new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        s.set(cpu, AluMemorySteps.update(cpu, IntegerOp.XADD, writing(cpu, size), size, s.get(cpu)));
                    }
                };
            }
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Mmu mmu = cpu.mmu;
                    long at = writing(cpu, size);
                    long value = mmu.readForWrite(at, size);
                    mmu.write(at, size, Alu.add(cpu, value, s.get(cpu), shift));
                    s.set(cpu, value);
                }
            };
        }
        Slot d = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long value = d.get(cpu);
                long sum = Alu.add(cpu, value, s.get(cpu), shift);
                s.set(cpu, value);
                d.set(cpu, sum);
            }
        };
    }

    // ---- CMPXCHG

    static Step compareExchange(Instruction i) {
        int size = i.operand(0).size();
        int shift = AluSteps.shift(i);
        long mask = Slot.mask(size);
        Slot s = Slot.of(i.operand(1));
        Slot accumulator = Slot.of(Operand.of(Kind.GPR, size, RAX));
        if (i.operand(0).kind() == Kind.MEMORY) {
            boolean lock = i.lock;
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Mmu mmu = cpu.mmu;
                    long at = writing(cpu, size);
                    long expected = cpu.gpr[RAX] & mask;
                    long value = s.get(cpu) & mask;
                    long found;
                    if (lock) {
                        found = mmu.compareAndExchange(at, size, expected, value);
                    } else {
                        found = mmu.readForWrite(at, size);
                        mmu.write(at, size, found == expected ? value : found);
                    }
                    Alu.sub(cpu, expected, found, shift);
                    if (found != expected) {
                        accumulator.set(cpu, found);
                    }
                }
            };
        }
        Slot d = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long found = d.value(cpu);
                long expected = cpu.gpr[RAX] & mask;
                Alu.sub(cpu, expected, found, shift);
                if (found == expected) {
                    d.set(cpu, s.get(cpu));
                } else {
                    accumulator.set(cpu, found);
                }
            }
        };
    }

    // ---- CMPXCHG8B and CMPXCHG16B

    static Step compareExchangePair(IntegerOp op, Instruction i) {
        if (op == IntegerOp.CMPXCHG8B) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    long[] gpr = cpu.gpr;
                    long expected = gpr[RDX] << 32 | gpr[RAX] & LOW;
                    long value = gpr[RCX] << 32 | gpr[RBX] & LOW;
                    long found = cpu.mmu.compareAndExchange(writing(cpu, 8), 8, expected, value);
                    equal(cpu, found == expected);
                    if (found != expected) {
                        gpr[RAX] = found & LOW;
                        gpr[RDX] = found >>> 32;
                    }
                }
            };
        }
        long[] found = new long[2];
        boolean locked = i.lock;
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                long[] gpr = cpu.gpr;
                long at = writing(cpu, 16);
                if ((at & 15) != 0) {
                    throw GuestFault.protection();
                }
                boolean same = cpu.mmu.compareAndExchange16(at, gpr[RAX], gpr[RDX], gpr[RBX], gpr[RCX], found, locked);
                equal(cpu, same);
                if (!same) {
                    gpr[RAX] = found[0];
                    gpr[RDX] = found[1];
                }
            }
        };
    }

    private static void equal(Cpu cpu, boolean equal) {
        cpu.statusFlags(cpu.statusFlags() & ~Flags.ZF | (equal ? Flags.ZF : 0));
    }
}

package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RBX;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;

/// Makes the steps that move values without computing: MOV and its extending kin, LEA, CMOVcc, SETcc, BSWAP, XLAT.
final class MoveSteps {
    private static final long LOW = 0xFFFF_FFFFL;

    private MoveSteps() {}

    static Step move(Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        if (to.kind() == Kind.MEMORY) {
            return from.kind() == Kind.IMMEDIATE ? storeImmediate(i) : store(i);
        }
        if (from.kind() == Kind.MEMORY) {
            return load(i);
        }
        if (from.kind() == Kind.IMMEDIATE) {
            return immediate(i);
        }
        if (to.size() < 4) {
            return narrow(Slot.of(to), Slot.of(from));
        }
        int d = to.number();
        int s = from.number();
        if (to.size() == 4) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    cpu.gpr[d] = cpu.gpr[s] & LOW;
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = cpu.gpr[s];
            }
        };
    }

    private static Step narrow(Slot d, Slot s) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, s.get(cpu));
            }
        };
    }

    private static Step immediate(Instruction i) {
        Operand to = i.operand(0);
        if (to.size() < 4) {
            Slot slot = Slot.of(to);
            long value = i.immediate;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    slot.set(cpu, value);
                }
            };
        }
        int d = to.number();
        long value = i.immediate & Slot.mask(to.size());
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = value;
            }
        };
    }

    private static Step load(Instruction i) {
        int d = i.operand(0).number();
        Slot slot = Slot.of(i.operand(0));
        return switch (i.operand(0).size()) {
            case 8 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.mmu.read64(reading(cpu, 8));
                    }
                };
            case 4 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = cpu.mmu.read32(reading(cpu, 4));
                    }
                };
            case 2 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        slot.set(cpu, cpu.mmu.read16(reading(cpu, 2)));
                    }
                };
            default ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        slot.set(cpu, cpu.mmu.read8(reading(cpu, 1)));
                    }
                };
        };
    }

    private static Step store(Instruction i) {
        int s = i.operand(1).number();
        Slot slot = Slot.of(i.operand(1));
        return switch (i.operand(0).size()) {
            case 8 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write64(writing(cpu, 8), cpu.gpr[s]);
                    }
                };
            case 4 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write32(writing(cpu, 4), cpu.gpr[s]);
                    }
                };
            case 2 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write16(writing(cpu, 2), cpu.gpr[s]);
                    }
                };
            default ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write8(writing(cpu, 1), slot.get(cpu));
                    }
                };
        };
    }

    private static Step storeImmediate(Instruction i) {
        long value = i.immediate;
        return switch (i.operand(0).size()) {
            case 8 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write64(writing(cpu, 8), value);
                    }
                };
            case 4 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write32(writing(cpu, 4), value);
                    }
                };
            case 2 ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write16(writing(cpu, 2), value);
                    }
                };
            default ->
                new MemoryStep(i) {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.mmu.write8(writing(cpu, 1), value);
                    }
                };
        };
    }

    // ---- extension

    /// MOVZX, MOVSX and MOVSXD.
    static Step extend(IntegerOp op, Instruction i) {
        Operand to = i.operand(0);
        Operand from = i.operand(1);
        boolean signed = op != IntegerOp.MOVZX;
        if (to.size() < 4) {
            return narrowExtension(i, signed);
        }
        int d = to.number();
        int size = from.size();
        int shift = 64 - 8 * size;
        long mask = Slot.mask(to.size());
        if (from.kind() != Kind.MEMORY) {
            return extendRegister(d, Slot.of(from), signed, shift, mask);
        }
        if (signed) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    cpu.gpr[d] = cpu.mmu.read(reading(cpu, size), size) << shift >> shift & mask;
                }
            };
        }
        if (size == 1) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    cpu.gpr[d] = cpu.mmu.read8(reading(cpu, 1));
                }
            };
        }
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = cpu.mmu.read16(reading(cpu, 2));
            }
        };
    }

    private static Step extendRegister(int d, Slot from, boolean signed, int shift, long mask) {
        int s = from.register();
        int position = from.position();
        if (signed) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    cpu.gpr[d] = cpu.gpr[s] >>> position << shift >> shift & mask;
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[d] = cpu.gpr[s] >>> position << shift >>> shift;
            }
        };
    }

    private static Step narrowExtension(Instruction i, boolean signed) {
        Slot d = Slot.of(i.operand(0));
        int size = i.operand(1).size();
        int shift = 64 - 8 * size;
        if (i.operand(1).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    long value = cpu.mmu.read(reading(cpu, size), size);
                    d.set(cpu, signed ? value << shift >> shift : value);
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long value = s.value(cpu);
                d.set(cpu, signed ? value << shift >> shift : value);
            }
        };
    }

    /// CBW, CWDE and CDQE.
    static Step extendAccumulator(Instruction i) {
        int size = i.operandSize;
        int shift = 64 - 4 * size;
        if (size == 2) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    long value = cpu.gpr[RAX];
                    cpu.gpr[RAX] = value & ~0xFFFFL | value << 56 >> 56 & 0xFFFF;
                }
            };
        }
        long mask = Slot.mask(size);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                cpu.gpr[RAX] = cpu.gpr[RAX] << shift >> shift & mask;
            }
        };
    }

    /// CWD, CDQ and CQO.
    static Step spreadSign(Instruction i) {
        int size = i.operandSize;
        int shift = 64 - 8 * size;
        Slot d = Slot.of(Operand.of(Kind.GPR, size, 2));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, cpu.gpr[RAX] << shift >> 63);
            }
        };
    }

    // ---- addresses

    static Step loadAddress(Instruction i) {
        int d = i.operand(0).number();
        int base = i.base;
        int index = i.index;
        int scale = i.scale;
        long displacement = i.displacement;
        long mask = Slot.mask(i.addressSize) & Slot.mask(i.operandSize);
        if (i.operandSize == 2) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    long[] gpr = cpu.gpr;
                    long offset = gpr[base] + (gpr[index] << scale) + displacement;
                    gpr[d] = gpr[d] & ~0xFFFFL | offset & 0xFFFF;
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long[] gpr = cpu.gpr;
                gpr[d] = gpr[base] + (gpr[index] << scale) + displacement & mask;
            }
        };
    }

    /// XLAT: AL becomes the byte at rBX + AL.
    static Step translate(Instruction i) {
        Instruction table = new Instruction(i.row);
        table.mode = i.mode;
        table.addressSize = i.addressSize;
        table.segment = i.segment;
        table.base = RBX;
        return new MemoryStep(table) {
            @Override
            public void run(Cpu cpu) {
                long value = cpu.mmu.read8(distant(cpu, cpu.gpr[RAX] & 0xFF, 1, false));
                cpu.gpr[RAX] = cpu.gpr[RAX] & ~0xFFL | value;
            }
        };
    }

    // ---- conditions

    /// CMOVcc. The source is read, and a 32-bit destination zero-extended, whether the condition holds or not.
    static Step conditional(IntegerOp op, Instruction i) {
        int code = op.condition();
        Slot d = Slot.of(i.operand(0));
        int size = i.operand(0).size();
        if (i.operand(1).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    long value = cpu.mmu.read(reading(cpu, size), size);
                    d.set(cpu, Conditions.holds(cpu, code) ? value : d.get(cpu));
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        if (size < 4) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    d.set(cpu, Conditions.holds(cpu, code) ? s.get(cpu) : d.get(cpu));
                }
            };
        }
        int to = d.register();
        int from = s.register();
        long mask = d.mask();
        return switch (code) {
            case 4 ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[to] = cpu.gpr[cpu.zero() ? from : to] & mask;
                    }
                };
            case 5 ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[to] = cpu.gpr[cpu.zero() ? to : from] & mask;
                    }
                };
            case 2 ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[to] = cpu.gpr[cpu.carry() ? from : to] & mask;
                    }
                };
            case 3 ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[to] = cpu.gpr[cpu.carry() ? to : from] & mask;
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[to] = cpu.gpr[Conditions.holds(cpu, code) ? from : to] & mask;
                    }
                };
        };
    }

    static Step set(IntegerOp op, Instruction i) {
        int code = op.condition();
        if (i.operand(0).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    cpu.mmu.write8(writing(cpu, 1), Conditions.holds(cpu, code) ? 1 : 0);
                }
            };
        }
        Slot d = Slot.of(i.operand(0));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, Conditions.holds(cpu, code) ? 1 : 0);
            }
        };
    }

    /// BSWAP. Of 16 bits, which is undefined, it makes 0.
    /// MOVBE.
    static Step swapMemory(Instruction i) {
        Place d = new Place(i, 0);
        Place s = new Place(i, 1);
        int unused = 64 - 8 * i.operandSize;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.write(cpu, Long.reverseBytes(s.read(cpu)) >>> unused);
            }
        };
    }

    static Step swapBytes(Instruction i) {
        int d = i.operand(0).number();
        return switch (i.operandSize) {
            case 8 ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Long.reverseBytes(cpu.gpr[d]);
                    }
                };
            case 4 ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] = Integer.reverseBytes((int) cpu.gpr[d]) & LOW;
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        cpu.gpr[d] &= ~0xFFFFL;
                    }
                };
        };
    }
}

package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.mmu.Mmu;
import cloison.cpu.state.Flags;

/// Makes the steps that test, change, find and count bits, and CRC32.
final class BitSteps {
    private BitSteps() {}

    // ---- BT, BTS, BTR, BTC

    static Step of(IntegerOp op, Instruction i) {
        int size = i.operand(0).size();
        boolean memory = i.operand(0).kind() == Kind.MEMORY;
        if (i.operand(1).kind() == Kind.IMMEDIATE) {
            int bit = (int) i.immediate & 8 * size - 1;
            return memory ? memoryImmediate(op, i, bit) : registerImmediate(op, i, bit);
        }
        return memory ? memory(op, i) : register(op, i);
    }

    private static long changed(IntegerOp op, long value, long bit) {
        return switch (op) {
            case BTS -> value | bit;
            case BTR -> value & ~bit;
            case BTC -> value ^ bit;
            default -> value;
        };
    }

    private static Step registerImmediate(IntegerOp op, Instruction i, int number) {
        Slot d = Slot.of(i.operand(0));
        long bit = 1L << number;
        if (op == IntegerOp.BT) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.carry(cpu, (d.get(cpu) & bit) != 0);
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long value = d.get(cpu);
                Alu.carry(cpu, (value & bit) != 0);
                d.set(cpu, changed(op, value, bit));
            }
        };
    }

    private static Step register(IntegerOp op, Instruction i) {
        Slot d = Slot.of(i.operand(0));
        Slot s = Slot.of(i.operand(1));
        int most = 8 * i.operand(0).size() - 1;
        if (op == IntegerOp.BT) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    Alu.carry(cpu, d.get(cpu) << 63 - (s.get(cpu) & most));
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long bit = 1L << (s.get(cpu) & most);
                long value = d.get(cpu);
                Alu.carry(cpu, (value & bit) != 0);
                d.set(cpu, changed(op, value, bit));
            }
        };
    }

    private static Step memoryImmediate(IntegerOp op, Instruction i, int number) {
        int size = i.operand(0).size();
        long bit = 1L << number;
        if (op == IntegerOp.BT) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    Alu.carry(cpu, (cpu.mmu.read(reading(cpu, size), size) & bit) != 0);
                }
            };
        }
        boolean lock = i.lock;
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                change(cpu, op, writing(cpu, size), size, bit, lock);
            }
        };
    }

    /// A bit string in memory: the bit's number, signed, may lead far from the operand, by whole operands.
    private static Step memory(IntegerOp op, Instruction i) {
        int size = i.operand(0).size();
        int shift = 64 - 8 * size;
        int most = 8 * size - 1;
        Slot s = Slot.of(i.operand(1));
        boolean lock = i.lock;
        boolean test = op == IntegerOp.BT;
        return new MemoryStep(i) {
            @Override
            public void run(Cpu cpu) {
                long number = s.get(cpu) << shift >> shift;
                long at = distant(cpu, (number & ~most) >> 3, size, !test);
                long bit = 1L << (number & most);
                if (test) {
                    Alu.carry(cpu, (cpu.mmu.read(at, size) & bit) != 0);
                } else {
                    change(cpu, op, at, size, bit, lock);
                }
            }
        };
    }

    private static void change(Cpu cpu, IntegerOp op, long at, int size, long bit, boolean lock) {
        Mmu mmu = cpu.mmu;
        long value = mmu.readForWrite(at, size);
        if (lock) {
            while (true) {
                long found = mmu.compareAndExchange(at, size, value, changed(op, value, bit));
                if (found == value) {
                    break;
                }
                value = found;
            }
        } else {
            mmu.write(at, size, changed(op, value, bit));
        }
        Alu.carry(cpu, (value & bit) != 0);
    }

    // ---- BSF, BSR, TZCNT, LZCNT, POPCNT, CRC32

    static Step scan(IntegerOp op, Instruction i) {
        Slot d = Slot.of(i.operand(0));
        int size = i.operand(1).size();
        if (i.operand(1).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    find(cpu, op, d, cpu.mmu.read(reading(cpu, size), size), size);
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                find(cpu, op, d, s.value(cpu), size);
            }
        };
    }

    /// Of 0, BSF and BSR leave the destination. Their undefined flags follow the source.
    private static void find(Cpu cpu, IntegerOp op, Slot d, long value, int size) {
        if (op == IntegerOp.TZCNT || op == IntegerOp.LZCNT) {
            int zeros = op == IntegerOp.LZCNT
                    ? Long.numberOfLeadingZeros(value) - 64 + 8 * size
                    : Math.min(Long.numberOfTrailingZeros(value), 8 * size);
            d.set(cpu, zeros);
            cpu.statusFlags((value == 0 ? Flags.CF : 0) | (zeros == 0 ? Flags.ZF : 0));
            return;
        }
        if (op == IntegerOp.POPCNT) {
            d.set(cpu, Long.bitCount(value));
            cpu.statusFlags(value == 0 ? Flags.ZF : 0);
            return;
        }
        if (value != 0) {
            d.set(cpu, op == IntegerOp.BSF ? Long.numberOfTrailingZeros(value) : 63 - Long.numberOfLeadingZeros(value));
        }
        cpu.flagsLogic(value, 0);
    }

    static Step checksum(Instruction i) {
        Slot d = Slot.of(i.operand(0));
        int size = i.operand(1).size();
        if (i.operand(1).kind() == Kind.MEMORY) {
            return new MemoryStep(i) {
                @Override
                public void run(Cpu cpu) {
                    d.set(cpu, Crc32.add((int) d.get(cpu), cpu.mmu.read(reading(cpu, size), size), size));
                }
            };
        }
        Slot s = Slot.of(i.operand(1));
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                d.set(cpu, Crc32.add((int) d.get(cpu), s.get(cpu), size));
            }
        };
    }

    /// The checksum with the polynomial of Castagnoli, bits reflected, without inversions.
    private static final class Crc32 {
        private static final int POLYNOMIAL = 0x82F6_3B78;
        private static final int[] TABLE = new int[256];

        static {
            for (int i = 0; i < 256; i++) {
                int remainder = i;
                for (int bit = 0; bit < 8; bit++) {
                    remainder = (remainder & 1) != 0 ? remainder >>> 1 ^ POLYNOMIAL : remainder >>> 1;
                }
                TABLE[i] = remainder;
            }
        }

        static long add(int checksum, long data, int bytes) {
            int sum = checksum;
            for (int i = 0; i < bytes; i++) {
                sum = sum >>> 8 ^ TABLE[(sum ^ (int) (data >>> 8 * i)) & 0xFF];
            }
            return sum & 0xFFFF_FFFFL;
        }
    }
}

package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.machine.wire.Wire;

/// Makes the steps of x87 instructions that initialize, save or load, and compute nothing.
final class X87Control {
    private X87Control() {}

    static Step of(X87Op op, Instruction i) {
        boolean wide = i.operandSize != 2;
        return switch (op) {
            case FWAIT -> await();
            case FNOP -> nothing(i.address);
            case FNENI, FNDISI, FNSETPM -> formerly();
            case FNINIT -> initialize();
            case FNCLEX -> clear();
            case FLDCW -> loadControl(new Address(i));
            case FNSTCW -> storeControl(new Address(i));
            case FNSTSW -> i.operand(0).kind() == Kind.MEMORY ? storeStatus(new Address(i)) : statusToAx();
            case FNSTENV -> storeEnvironment(new Address(i), wide);
            case FLDENV -> loadEnvironment(new Address(i), wide);
            case FNSAVE -> save(new Address(i), wide);
            case FRSTOR -> restore(new Address(i), wide);
            default -> throw new IllegalStateException("not a control instruction: " + op);
        };
    }

    private static Step await() {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if ((cpu.cr0 & (Control.CR0_MP | Control.CR0_TS)) == (Control.CR0_MP | Control.CR0_TS)) {
                    throw GuestFault.of(GuestFault.NM, 0);
                }
                X87.pending(cpu);
            }
        };
    }

    private static Step nothing(long at) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.readyAndWait(cpu);
                cpu.x87Instruction = at;
            }
        };
    }

    /// Instructions of the 8087 and 80287 that do nothing since.
    private static Step formerly() {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
            }
        };
    }

    private static Step initialize() {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                X87State.initialize(cpu);
            }
        };
    }

    private static Step clear() {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                cpu.x87Status &= 0x7F00;
            }
        };
    }

    private static Step loadControl(Address address) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.readyAndWait(cpu);
                cpu.x87Control = X87State.control((int) cpu.mmu.read16(address.read(cpu, 2)));
                X87State.summarize(cpu);
            }
        };
    }

    private static Step storeControl(Address address) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                cpu.mmu.write16(address.write(cpu, 2), cpu.x87Control);
            }
        };
    }

    private static Step storeStatus(Address address) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                cpu.mmu.write16(address.write(cpu, 2), X87State.status(cpu));
            }
        };
    }

    private static Step statusToAx() {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                cpu.gpr[0] = cpu.gpr[0] & ~0xFFFFL | X87State.status(cpu);
            }
        };
    }

    private static Step storeEnvironment(Address address, boolean wide) {
        int size = wide ? 28 : 14;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                X87State.storeEnvironment(cpu, cpu.image, wide, cpu.realSegments());
                store(cpu, address.write(cpu, size), size, wide);
                cpu.x87Control |= 0x3F;
                X87State.summarize(cpu);
            }
        };
    }

    private static Step loadEnvironment(Address address, boolean wide) {
        int size = wide ? 28 : 14;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.readyAndWait(cpu);
                load(cpu, address.read(cpu, size), size, wide);
                X87State.loadEnvironment(cpu, cpu.image, wide, cpu.realSegments());
            }
        };
    }

    private static Step save(Address address, boolean wide) {
        int size = wide ? 28 : 14;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.ready(cpu);
                X87State.storeEnvironment(cpu, cpu.image, wide, cpu.realSegments());
                X87State.storeRegisters(cpu, cpu.image, size);
                store(cpu, address.write(cpu, size + 80), size + 80, wide);
                X87State.initialize(cpu);
            }
        };
    }

    private static Step restore(Address address, boolean wide) {
        int size = wide ? 28 : 14;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                X87.readyAndWait(cpu);
                load(cpu, address.read(cpu, size + 80), size + 80, wide);
                X87State.loadEnvironment(cpu, cpu.image, wide, cpu.realSegments());
                X87State.loadRegisters(cpu, cpu.image, size);
            }
        };
    }

    /// Stores the first `size` bytes of the image; `size` is even.
    private static void store(Cpu cpu, long linear, int size, boolean wide) {
        cpu.mmu.probeWrite(linear, size, wide ? 4 : 2);
        for (int at = 0; at < size; at += 2) {
            cpu.mmu.write16(cpu.mmu.next(linear, at), Wire.u16(cpu.image, at));
        }
    }

    private static void load(Cpu cpu, long linear, int size, boolean wide) {
        cpu.mmu.probeRead(linear, size, wide ? 4 : 2);
        for (int at = 0; at < size; at += 2) {
            Wire.put16(cpu.image, at, (int) cpu.mmu.read16(cpu.mmu.next(linear, at)));
        }
    }
}

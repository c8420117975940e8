package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// Makes the steps of FXSAVE, XSAVE and their kin, and of MXCSR.
///
/// XSAVE has the standard format only. A component that is in its initial configuration is found to be so by looking,
/// which the architecture permits (SDM volume 1, 13.6): XSTATE_BV never claims more than there is.
final class StateSteps {
    private StateSteps() {}

    static Step of(VectorOp op, Instruction i) {
        boolean wide = i.operandSize == 8;
        int registers = i.mode == 64 ? 16 : 8;
        Address address = new Address(i);
        return switch (op) {
            case LDMXCSR -> loadControl(address);
            case STMXCSR -> storeControl(address);
            case FXSAVE, FXSAVE64 -> fxsave(address, wide, registers);
            case FXRSTOR, FXRSTOR64 -> fxrstor(address, wide, registers);
            case XSAVE, XSAVE64 -> xsave(address, wide, registers, false);
            case XSAVEOPT, XSAVEOPT64 -> xsave(address, wide, registers, true);
            case XRSTOR, XRSTOR64 -> xrstor(address, wide, registers);
            default -> throw new IllegalStateException("not a state instruction: " + op);
        };
    }

    private static Step loadControl(Address address) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                int value = (int) cpu.mmu.read32(address.read(cpu, 4));
                if ((value & ~X87State.MXCSR_BITS) != 0) {
                    throw GuestFault.protection();
                }
                cpu.mxcsr = value;
            }
        };
    }

    private static Step storeControl(Address address) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                Sse.ready(cpu);
                cpu.mmu.write32(address.write(cpu, 4), cpu.mxcsr);
            }
        };
    }

    private static void readyFx(Cpu cpu) {
        if ((cpu.cr0 & (Control.CR0_EM | Control.CR0_TS)) != 0) {
            throw GuestFault.of(GuestFault.NM, 0);
        }
    }

    private static void readyX(Cpu cpu) {
        if ((cpu.cr4 & Control.CR4_OSXSAVE) == 0) {
            throw GuestFault.undefined();
        }
        if ((cpu.cr0 & Control.CR0_TS) != 0) {
            throw GuestFault.of(GuestFault.NM, 0);
        }
    }

    private static Step fxsave(Address address, boolean wide, int registers) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyFx(cpu);
                long at = address.write(cpu, 512);
                align(at, 16);
                cpu.mmu.probeWrite(at, 512);
                X87State.storeX87(cpu, cpu.image, wide);
                X87State.storeSse(cpu, cpu.image);
                store(cpu, at, 0, X87State.XMM + 16 * registers);
            }
        };
    }

    private static Step fxrstor(Address address, boolean wide, int registers) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyFx(cpu);
                long at = address.read(cpu, 512);
                align(at, 16);
                cpu.mmu.probeRead(at, 512, 1);
                load(cpu, at, 0, X87State.XMM + 16 * registers);
                int control = Wire.i32(cpu.image, X87State.MXCSR);
                if ((control & ~X87State.MXCSR_BITS) != 0) {
                    throw GuestFault.protection();
                }
                X87State.loadX87(cpu, cpu.image, wide);
                X87State.loadXmm(cpu, cpu.image, registers);
                cpu.mxcsr = control;
            }
        };
    }

    /// {@return the components that both EDX:EAX and XCR0 ask for}
    private static int requested(Cpu cpu) {
        return (int) (cpu.gpr[0] & cpu.xcr0) & (X87State.X87 | X87State.SSE);
    }

    private static Step xsave(Address address, boolean wide, int registers, boolean sparing) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyX(cpu);
                long at = address.write(cpu, X87State.SIZE);
                align(at, 64);
                cpu.mmu.probeWrite(at, X87State.SIZE);
                int requested = requested(cpu);
                int used = X87State.inUse(cpu) & requested;
                int stored = sparing ? used : requested;
                if ((stored & X87State.X87) != 0) {
                    X87State.storeX87(cpu, cpu.image, wide);
                    store(cpu, at, 0, X87State.MXCSR);
                    store(cpu, at, X87State.REGISTERS, X87State.XMM);
                }
                X87State.storeSse(cpu, cpu.image);
                if ((requested & X87State.SSE) != 0) {
                    store(cpu, at, X87State.MXCSR, X87State.REGISTERS);
                }
                if ((stored & X87State.SSE) != 0) {
                    store(cpu, at, X87State.XMM, X87State.XMM + 16 * registers);
                }
                long header = cpu.mmu.next(at, X87State.HEADER);
                long before = cpu.mmu.read64(header);
                cpu.mmu.write64(header, before & ~requested | used);
            }
        };
    }

    private static Step xrstor(Address address, boolean wide, int registers) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyX(cpu);
                long at = address.read(cpu, X87State.SIZE);
                align(at, 64);
                cpu.mmu.probeRead(at, X87State.SIZE, 1);
                int requested = requested(cpu);
                load(cpu, at, 0, X87State.XMM + 16 * registers);
                load(cpu, at, X87State.HEADER, X87State.HEADER + 24);
                long present = Wire.u64(cpu.image, X87State.HEADER);
                long rest = Wire.u64(cpu.image, X87State.HEADER + 8) | Wire.u64(cpu.image, X87State.HEADER + 16);
                int control = Wire.i32(cpu.image, X87State.MXCSR);
                boolean sse = (requested & X87State.SSE) != 0;
                if ((present & ~cpu.xcr0) != 0 || rest != 0 || sse && (control & ~X87State.MXCSR_BITS) != 0) {
                    throw GuestFault.protection();
                }
                if ((requested & X87State.X87) != 0) {
                    if ((present & X87State.X87) != 0) {
                        X87State.loadX87(cpu, cpu.image, wide);
                    } else {
                        X87State.reset(cpu);
                    }
                }
                if (sse) {
                    cpu.mxcsr = control;
                    if ((present & X87State.SSE) != 0) {
                        X87State.loadXmm(cpu, cpu.image, registers);
                    } else {
                        Arrays.fill(cpu.xmm, 0, 2 * registers, 0);
                    }
                }
            }
        };
    }

    /// Stores bytes `from` to `to` of the image.
    private static void store(Cpu cpu, long linear, int from, int to) {
        for (int at = from; at < to; at += 8) {
            cpu.mmu.write64(cpu.mmu.next(linear, at), Wire.u64(cpu.image, at));
        }
    }

    /// Loads bytes `from` to `to` of the image.
    private static void load(Cpu cpu, long linear, int from, int to) {
        for (int at = from; at < to; at += 8) {
            Wire.put64(cpu.image, at, cpu.mmu.read64(cpu.mmu.next(linear, at)));
        }
    }

    /// Throws #GP(0) unless `linear` is aligned; that it is canonical comes first here, and shows on access.
    private static void align(long linear, int to) {
        if ((linear & to - 1) != 0 && Canonical.is(linear)) {
            throw GuestFault.protection();
        }
    }
}

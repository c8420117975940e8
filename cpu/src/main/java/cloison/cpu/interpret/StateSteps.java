package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.CpuFeature;
import cloison.machine.wire.Wire;
import java.util.Arrays;

/// Makes the steps of FXSAVE, XSAVE and their kin, and of MXCSR.
///
/// A component that is in its initial configuration is found to be so by looking,
/// which the architecture permits (SDM volume 1, 13.6): XSTATE_BV never claims more than there is.
final class StateSteps {
    /// XCOMP_BV: the format is the compacted one.
    private static final long COMPACTED = 1L << 63;

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
            case XSAVEC, XSAVEC64 -> xsavec(address, wide, registers);
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
        return (int) (cpu.gpr[0] & cpu.xcr0);
    }

    /// XSAVE, and with `sparing` XSAVEOPT: the standard format (SDM volume 1, 13.7 and 13.9).
    private static Step xsave(Address address, boolean wide, int registers, boolean sparing) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyX(cpu);
                int requested = requested(cpu);
                int used = X87State.inUse(cpu) & requested;
                long at = probed(cpu, address, requested);
                int stored = sparing ? used : requested;
                X87State.storeSse(cpu, cpu.image);
                if ((requested & (X87State.SSE | X87State.AVX)) != 0) {
                    store(cpu, at, X87State.MXCSR, X87State.REGISTERS);
                }
                storeComponents(cpu, at, stored, wide, registers);
                long header = cpu.mmu.next(at, X87State.HEADER);
                long before = cpu.mmu.read64(header);
                cpu.mmu.write64(header, before & ~requested | used);
            }
        };
    }

    /// XSAVEC: the compacted format (SDM volume 1, 13.10).
    private static Step xsavec(Address address, boolean wide, int registers) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyX(cpu);
                int requested = requested(cpu);
                int used = X87State.inUse(cpu) & requested;
                long at = probed(cpu, address, requested);
                X87State.storeSse(cpu, cpu.image);
                if ((used & X87State.SSE) != 0) {
                    store(cpu, at, X87State.MXCSR, X87State.REGISTERS);
                }
                storeComponents(cpu, at, used, wide, registers);
                cpu.mmu.write64(cpu.mmu.next(at, X87State.HEADER), used);
                cpu.mmu.write64(cpu.mmu.next(at, X87State.HEADER + 8), COMPACTED | requested);
            }
        };
    }

    /// {@return the linear address of an area with `components`, all of which can be written}
    private static long probed(Cpu cpu, Address address, int components) {
        int size = X87State.size(components);
        long at = address.write(cpu, size);
        align(at, 64);
        cpu.mmu.probeWrite(at, size);
        return at;
    }

    /// Stores `components` but for MXCSR; the SSE part of the image is made already.
    private static void storeComponents(Cpu cpu, long at, int components, boolean wide, int registers) {
        if ((components & X87State.X87) != 0) {
            X87State.storeX87(cpu, cpu.image, wide);
            store(cpu, at, 0, X87State.MXCSR);
            store(cpu, at, X87State.REGISTERS, X87State.XMM);
        }
        if ((components & X87State.SSE) != 0) {
            store(cpu, at, X87State.XMM, X87State.XMM + 16 * registers);
        }
        if ((components & X87State.AVX) != 0) {
            X87State.storeHalves(cpu, cpu.image);
            store(cpu, at, X87State.YMM_HIGH, X87State.YMM_HIGH + 16 * registers);
        }
    }

    /// XRSTOR from either format (SDM volume 1, 13.8).
    private static Step xrstor(Address address, boolean wide, int registers) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                readyX(cpu);
                int requested = requested(cpu);
                long at = address.read(cpu, X87State.SIZE);
                align(at, 64);
                cpu.mmu.probeRead(at, X87State.SIZE, 1);
                load(cpu, at, 0, X87State.XMM + 16 * registers);
                load(cpu, at, X87State.HEADER, X87State.SIZE);
                long present = Wire.u64(cpu.image, X87State.HEADER);
                boolean compacted = checkedHeader(cpu);
                // in the compacted format MXCSR is part of the component SSE; in the standard one it comes along with
                // SSE and AVX
                boolean control = compacted
                        ? (requested & present & X87State.SSE) != 0
                        : (requested & (X87State.SSE | X87State.AVX)) != 0;
                int value = Wire.i32(cpu.image, X87State.MXCSR);
                if (control && (value & ~X87State.MXCSR_BITS) != 0) {
                    throw GuestFault.protection();
                }
                if ((requested & present & X87State.AVX) != 0) {
                    cpu.mmu.probeRead(address.read(cpu, X87State.EXTENDED), X87State.EXTENDED, 1);
                    load(cpu, at, X87State.YMM_HIGH, X87State.YMM_HIGH + 16 * registers);
                }
                if (control) {
                    cpu.mxcsr = value;
                } else if (compacted && (requested & X87State.SSE) != 0) {
                    cpu.mxcsr = X87State.INITIAL_MXCSR;
                }
                loadComponents(cpu, requested, present, wide, registers);
            }
        };
    }

    /// {@return whether the image's header is that of the compacted format; throws #GP(0) if it is none}
    private static boolean checkedHeader(Cpu cpu) {
        byte[] image = cpu.image;
        long present = Wire.u64(image, X87State.HEADER);
        long format = Wire.u64(image, X87State.HEADER + 8);
        boolean compacted = format < 0 && cpu.model.has(CpuFeature.XSAVEC);
        long reserved = Wire.u64(image, X87State.HEADER + 16);
        if (compacted) {
            for (int at = X87State.HEADER + 24; at < X87State.SIZE; at += 8) {
                reserved |= Wire.u64(image, at);
            }
            reserved |= format & ~COMPACTED & ~cpu.xcr0 | present & ~format | present & COMPACTED;
        } else {
            reserved |= format | present & ~cpu.xcr0;
        }
        if (reserved != 0) {
            throw GuestFault.protection();
        }
        return compacted;
    }

    private static void loadComponents(Cpu cpu, int requested, long present, boolean wide, int registers) {
        if ((requested & X87State.X87) != 0) {
            if ((present & X87State.X87) != 0) {
                X87State.loadX87(cpu, cpu.image, wide);
            } else {
                X87State.reset(cpu);
            }
        }
        if ((requested & X87State.SSE) != 0) {
            if ((present & X87State.SSE) != 0) {
                X87State.loadXmm(cpu, cpu.image, registers);
            } else {
                Arrays.fill(cpu.xmm, 0, 2 * registers, 0);
            }
        }
        if ((requested & X87State.AVX) != 0) {
            if ((present & X87State.AVX) != 0) {
                X87State.loadHalves(cpu, cpu.image, registers);
            } else {
                Arrays.fill(cpu.ymmHigh, 0, 2 * registers, 0);
            }
        }
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

package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDI;
import static cloison.machine.processor.ProcessorState.RDX;
import static cloison.machine.processor.ProcessorState.RSI;
import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.state.Attention;
import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// Port input and output, with the I/O privilege level and the permission bitmap of the task-state segment.
///
/// SDM volume 1, 19.5.
final class Ports {
    /// Iterations of a repeated string instruction between looks at interrupts.
    private static final int TURN = 64;

    private Ports() {}

    static long in(Cpu cpu, int port, int size) {
        check(cpu, port, size);
        watch(cpu, port, size);
        return cpu.intercepts.portIn(port, size) & 0xFFFF_FFFFL;
    }

    static void out(Cpu cpu, int port, int size, long value) {
        check(cpu, port, size);
        watch(cpu, port, size);
        cpu.attention.raise(Attention.LOOK);
        cpu.intercepts.portOut(port, size, (int) value);
    }

    private static void watch(Cpu cpu, int port, int size) {
        if (Breakpoints.armed(cpu)) {
            Breakpoints.access(cpu, Breakpoints.PORT, port, size);
        }
    }

    /// Throws #GP(0) where the port may not be used.
    private static void check(Cpu cpu, int port, int size) {
        if (cpu.protectedMode() && (cpu.cpl > cpu.iopl() || cpu.virtual8086())) {
            int attributes = cpu.segmentAttributes[TR];
            long limit = cpu.segmentLimit[TR] & 0xFFFF_FFFFL;
            boolean wide = (Descriptors.type(attributes) & ~2) == Descriptors.TSS;
            if (!wide || limit < 103) {
                throw GuestFault.protection();
            }
            long base = cpu.segmentBase[TR];
            long map = cpu.mmu.systemRead(base + 102, 2);
            long at = map + (port >>> 3);
            if (at + 1 > limit) {
                throw GuestFault.protection();
            }
            long bits = cpu.mmu.systemRead(base + at, 2);
            if ((bits >>> (port & 7) & (1L << size) - 1) != 0) {
                throw GuestFault.protection();
            }
        }
    }

    /// INS or OUTS, with its repetition.
    static final class StringStep extends Step {
        private final boolean input;
        private final int size;
        private final boolean repeated;
        private final long mask;
        private final int segment;
        private final long start;

        /// @param addressSize bytes
        /// @param segment that OUTS reads from
        /// @param start address of the instruction
        StringStep(boolean input, int size, boolean repeated, int addressSize, int segment, long start) {
            this.input = input;
            this.size = size;
            this.repeated = repeated;
            this.mask = addressSize == 8 ? -1L : addressSize == 4 ? 0xFFFF_FFFFL : 0xFFFFL;
            this.segment = segment;
            this.start = start;
        }

        @Override
        public void run(Cpu cpu) {
            int port = (int) cpu.gpr[RDX] & 0xFFFF;
            check(cpu, port, size);
            if (!repeated) {
                once(cpu, port);
                return;
            }
            for (int i = 0; i < TURN; i++) {
                if ((cpu.gpr[RCX] & mask) == 0) {
                    return;
                }
                once(cpu, port);
                set(cpu, RCX, cpu.gpr[RCX] - 1);
            }
            cpu.rip = start;
        }

        private void set(Cpu cpu, int register, long value) {
            long kept = mask == 0xFFFFL ? cpu.gpr[register] & ~mask : 0;
            cpu.gpr[register] = kept | value & mask;
        }

        private void once(Cpu cpu, int port) {
            int register = input ? RDI : RSI;
            long offset = cpu.gpr[register] & mask;
            if (input) {
                long linear = cpu.longMode ? offset : Segmentation.write(cpu, ES, offset, size);
                cpu.mmu.probeWrite(linear, size);
                cpu.mmu.write(linear, size, in(cpu, port, size));
            } else {
                long linear =
                        cpu.longMode ? offset + base(cpu, segment) : Segmentation.read(cpu, segment, offset, size);
                out(cpu, port, size, cpu.mmu.read(linear, size));
            }
            set(cpu, register, offset + ((cpu.flagRest & Flags.DF) != 0 ? -size : size));
        }

        private static long base(Cpu cpu, int segment) {
            return segment >= 4 ? cpu.segmentBase[segment] : 0;
        }
    }
}

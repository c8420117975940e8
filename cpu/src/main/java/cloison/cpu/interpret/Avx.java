package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Control;
import cloison.cpu.state.CpuState;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import org.jspecify.annotations.Nullable;

/// What the AVX instructions have in common: whether they may run, how they get at their operands, and how they write a
/// register.
///
/// A register is an index into [CpuState#xmm] and [CpuState#ymmHigh], where its lower and its upper 128 bits are.
final class Avx {
    /// The components of XCR0 that the operating system must have enabled: SSE and AVX.
    private static final int ENABLED = 6;

    private Avx() {}

    /// Throws #UD or #NM where AVX instructions do (SDM volume 2, 2.4, exceptions of all classes).
    static void ready(Cpu cpu) {
        if ((cpu.cr4 & Control.CR4_OSXSAVE) == 0
                || (cpu.xcr0 & ENABLED) != ENABLED
                || (cpu.cr0 & (Control.CR0_PE | Control.CR0_TS)) != Control.CR0_PE
                || (cpu.flagRest & Flags.VM) != 0) {
            throw unready(cpu);
        }
    }

    private static GuestFault unready(Cpu cpu) {
        boolean exists = (cpu.cr4 & Control.CR4_OSXSAVE) != 0
                && (cpu.xcr0 & ENABLED) == ENABLED
                && (cpu.cr0 & Control.CR0_PE) != 0
                && (cpu.flagRest & Flags.VM) == 0;
        return exists ? GuestFault.of(GuestFault.NM, 0) : GuestFault.undefined();
    }

    /// Runs an SSE step as part of an AVX instruction, for which CR0.EM and CR4.OSFXSR do not count.
    static void run(Cpu cpu, Step step) {
        long cr0 = cpu.cr0;
        long cr4 = cpu.cr4;
        if ((cr0 & Control.CR0_EM) == 0 && (cr4 & Control.CR4_OSFXSR) != 0) {
            step.run(cpu);
            return;
        }
        cpu.cr0 = cr0 & ~Control.CR0_EM;
        cpu.cr4 = cr4 | Control.CR4_OSFXSR;
        try {
            step.run(cpu);
        } finally {
            cpu.cr0 = cr0;
            cpu.cr4 = cr4;
        }
    }

    /// Reads 16 or 32 bytes, or fewer as one number, into register `to`.
    static void load(Cpu cpu, long at, int size, int to) {
        if (size < 16) {
            cpu.xmm[to] = cpu.mmu.read(at, size);
            return;
        }
        long first = cpu.mmu.read64(at);
        long second = cpu.mmu.read64(cpu.mmu.next(at, 8));
        if (size == 32) {
            long third = cpu.mmu.read64(cpu.mmu.next(at, 16));
            cpu.ymmHigh[to + 1] = cpu.mmu.read64(cpu.mmu.next(at, 24));
            cpu.ymmHigh[to] = third;
        }
        cpu.xmm[to + 1] = second;
        cpu.xmm[to] = first;
    }

    /// Stores 16 or 32 bytes of register `from`, all of them or none.
    static void store(Cpu cpu, long at, int size, int from) {
        if (size == 32) {
            if ((at & 4095) > 4096 - 32) {
                cpu.mmu.probeWrite(at, 32);
            }
            cpu.mmu.write128(at, cpu.xmm[from], cpu.xmm[from + 1]);
            cpu.mmu.write128(cpu.mmu.next(at, 16), cpu.ymmHigh[from], cpu.ymmHigh[from + 1]);
        } else {
            cpu.mmu.write128(at, cpu.xmm[from], cpu.xmm[from + 1]);
        }
    }

    /// Writes the lower half of a register and clears the upper one.
    static void set(Cpu cpu, int d, long low, long high) {
        cpu.xmm[d] = low;
        cpu.xmm[d + 1] = high;
        cpu.ymmHigh[d] = 0;
        cpu.ymmHigh[d + 1] = 0;
    }

    /// Writes a register.
    static void set(Cpu cpu, int d, long[] quads) {
        cpu.xmm[d] = quads[0];
        cpu.xmm[d + 1] = quads[1];
        cpu.ymmHigh[d] = quads[2];
        cpu.ymmHigh[d + 1] = quads[3];
    }

    /// {@return quadword `n` (0..3) of a register}
    static long quad(Cpu cpu, int register, int n) {
        return n < 2 ? cpu.xmm[register + n] : cpu.ymmHigh[register + n - 2];
    }

    /// An operand that is a register or memory of up to 32 bytes, aligned or not.
    static final class Source {
        private final int register;
        private final int size;
        private final @Nullable Address address;

        Source(Instruction instruction, int i) {
            Operand operand = instruction.operand(i);
            boolean memory = operand.kind() == Kind.MEMORY;
            register = memory ? CpuState.XMM_SOURCE : Sse.register(operand);
            size = operand.size();
            address = memory ? new Address(instruction) : null;
        }

        /// {@return the register in which it is, after it was loaded if it is memory}
        int fetch(Cpu cpu) {
            if (address != null) {
                load(cpu, address.read(cpu, size), size, register);
            }
            return register;
        }
    }

    /// What an operation makes of its sources: four quadwords, of which the upper two count only for 256 bits.
    interface Whole {
        void apply(Cpu cpu, int a, int b, long[] quads);
    }

    /// {@return the step that writes the first operand with what `whole` makes of register operand `a` and of operand
    /// `b`}
    ///
    /// @param a an operand's number, or -1 if there is only one source
    static Step step(Instruction i, int a, int b, Whole whole) {
        int d = Sse.register(i.operand(0));
        int first = a < 0 ? 0 : Sse.register(i.operand(a));
        Source second = new Source(i, b);
        boolean wide = i.vectorSize == 32;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                int at = second.fetch(cpu);
                long[] quads = cpu.quads;
                whole.apply(cpu, first, at, quads);
                if (wide) {
                    set(cpu, d, quads);
                } else {
                    set(cpu, d, quads[0], quads[1]);
                }
            }
        };
    }
}

package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Control;
import cloison.cpu.state.CpuState;
import cloison.cpu.state.GuestFault;

/// What MMX and SSE instructions have in common: whether they may run, and how they get at their operands.
///
/// An XMM operand is an index into [CpuState#xmm]. A source in memory is first brought into [CpuState#XMM_SOURCE], so
/// that an operation is written once, on registers.
final class Sse {
    private static final int LANE = CpuState.XMM_SOURCE;

    private Sse() {}

    /// Throws #UD or #NM where SSE instructions do.
    static void ready(Cpu cpu) {
        if ((cpu.cr0 & (Control.CR0_EM | Control.CR0_TS)) != 0 || (cpu.cr4 & Control.CR4_OSFXSR) == 0) {
            throw unready(cpu);
        }
    }

    private static GuestFault unready(Cpu cpu) {
        return (cpu.cr0 & Control.CR0_EM) != 0 || (cpu.cr4 & Control.CR4_OSFXSR) == 0
                ? GuestFault.undefined()
                : GuestFault.of(GuestFault.NM, 0);
    }

    /// Throws #GP(0) unless `linear` is aligned to 16 bytes.
    static void align(long linear) {
        if ((linear & 15) != 0) {
            throw GuestFault.protection();
        }
    }

    /// {@return the index of an XMM register}
    static int register(Operand operand) {
        return 2 * operand.number();
    }

    /// {@return the index where the operand will be found: a register, or what [#fetch] brings from memory}
    static int source(Operand operand) {
        return operand.kind() == Kind.XMM ? register(operand) : LANE;
    }

    /// {@return `then` preceded by the load of `operand` if that is memory; 16 bytes have to be aligned}
    static Step fetch(Instruction instruction, Operand operand, Step then) {
        if (operand.kind() != Kind.MEMORY) {
            return then;
        }
        Address address = new Address(instruction);
        int size = operand.size();
        if (size != 16) {
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    ready(cpu);
                    cpu.xmm[LANE] = cpu.mmu.read(address.read(cpu, size), size);
                    then.run(cpu);
                }
            };
        }
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long at = address.read(cpu, 16);
                align(at);
                cpu.xmm[LANE] = cpu.mmu.read64(at);
                cpu.xmm[LANE + 1] = cpu.mmu.read64(at + 8);
                then.run(cpu);
            }
        };
    }

    /// {@return `then` preceded by the load of `operand` if that is memory, aligned or not}
    static Step fetchUnaligned(Instruction instruction, Operand operand, Step then) {
        if (operand.kind() != Kind.MEMORY) {
            return then;
        }
        Address address = new Address(instruction);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                ready(cpu);
                long at = address.read(cpu, 16);
                cpu.xmm[LANE] = cpu.mmu.read64(at);
                cpu.xmm[LANE + 1] = cpu.mmu.read64(cpu.mmu.next(at, 8));
                then.run(cpu);
            }
        };
    }

    /// {@return the address of the implicit destination of MASKMOVQ and MASKMOVDQU: rDI, DS unless overridden}
    static Address implicitDestination(Instruction instruction) {
        Instruction operand = new Instruction(instruction.row);
        operand.mode = instruction.mode;
        operand.addressSize = instruction.addressSize;
        operand.segment = instruction.segment;
        operand.base = 7;
        return new Address(operand);
    }

    /// Stores the bytes of `value` whose bytes in `mask` have their most significant bit set.
    static void storeMasked(Cpu cpu, long linear, long value, long mask) {
        for (int i = 0; i < 8; i++) {
            if ((mask >>> i * 8 & 0x80) != 0) {
                cpu.mmu.write8(cpu.mmu.next(linear, i), value >>> i * 8 & 0xFF);
            }
        }
    }

    /// Throws what storing `size` bytes under a mask, given as one bit for each, would throw.
    static void probeMasked(Cpu cpu, Address address, int signs) {
        if (signs != 0) {
            int first = Integer.numberOfTrailingZeros(signs);
            int last = 31 - Integer.numberOfLeadingZeros(signs);
            cpu.mmu.probeWrite(cpu.mmu.next(address.write(cpu, last + 1), first), last - first + 1);
        }
    }
}

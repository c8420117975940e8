package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.FS;
import static cloison.machine.processor.ProcessorState.RAX;
import static cloison.machine.processor.ProcessorState.RCX;
import static cloison.machine.processor.ProcessorState.RDI;
import static cloison.machine.processor.ProcessorState.RSI;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Makes the steps of MOVS, CMPS, STOS, LODS and SCAS.
///
/// A repeated one does a batch: as many elements as lie inside one page of RAM on each side at once, else a few one by
/// one. Registers are exact after each element, so that a fault in the middle restarts there; if elements are left, RIP
/// goes back to the instruction, and interrupts are looked at in between.
final class StringSteps {
    /// Elements that are done one by one in a batch.
    private static final int SINGLES = 32;

    private static final int PAGE = GuestMemory.PAGE_SIZE;

    private StringSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        return switch (op) {
            case MOVS -> new Move(i);
            case STOS -> new Store(i);
            case LODS -> new Load(i);
            case CMPS -> new Compare(i);
            default -> new Scan(i);
        };
    }

    /// What the five have in common: the walk through memory and the repetition.
    private abstract static class StringStep extends Step {
        final int size;
        /// The bits of RSI, RDI and RCX that count.
        final long mask;

        private final long keep;
        private final int segment;
        private final boolean flat;
        private final boolean based;
        private final boolean repeated;
        /// Whether it compares, so that the repetition also ends by the comparison's outcome.
        private final boolean compares;
        /// The ZF with which a comparison goes on.
        final boolean whileEqual;

        private final long start;

        StringStep(Instruction i, boolean compares) {
            size = i.operand(0).size();
            mask = Slot.mask(i.addressSize);
            keep = i.addressSize == 2 ? ~mask : 0;
            segment = i.segment;
            flat = i.mode == 64;
            based = segment >= FS;
            repeated = i.repeat != 0;
            this.compares = compares;
            whileEqual = i.repeat == 0xF3;
            start = i.address;
        }

        @Override
        public final void run(Cpu cpu) {
            if (!repeated) {
                element(cpu);
                return;
            }
            long left = cpu.gpr[RCX] & mask;
            // a count of 32 bits is cut to them in any case
            set(cpu, RCX, left);
            if (left == 0) {
                return;
            }
            long result = cpu.flagResult;
            long aux = cpu.flagAux;
            try {
                repeat(cpu, left);
            } catch (GuestFault fault) {
                cpu.flagResult = result;
                cpu.flagAux = aux;
                throw fault;
            }
            if (cpu.rip == start) {
                // the comparisons so far do not count: flags change when the instruction is through
                cpu.flagResult = result;
                cpu.flagAux = aux;
            }
        }

        private void repeat(Cpu cpu, long count) {
            long left = count;
            boolean stepping = (cpu.flagRest & Flags.TF) != 0 || Breakpoints.watching(cpu);
            long done = stepping ? 0 : batch(cpu, left);
            if (done > 0) {
                left -= done;
                set(cpu, RCX, left);
            } else {
                int most = stepping ? 1 : SINGLES;
                for (int n = 0; n < most; n++) {
                    element(cpu);
                    set(cpu, RCX, --left);
                    if (left == 0 || compares && cpu.zero() != whileEqual) {
                        return;
                    }
                }
            }
            if (left != 0 && !(compares && cpu.zero() != whileEqual)) {
                cpu.rip = start;
            }
        }

        /// Does one element, and moves the pointers.
        abstract void element(Cpu cpu);

        /// Does up to `left` elements at once, and moves the pointers; {@return how many, 0 if it cannot}
        abstract long batch(Cpu cpu, long left);

        final void set(Cpu cpu, int register, long value) {
            cpu.gpr[register] = cpu.gpr[register] & keep | value & mask;
        }

        /// Moves a pointer by some elements in the direction of DF.
        final void advance(Cpu cpu, int register, long elements) {
            long bytes = elements * size;
            set(cpu, register, cpu.gpr[register] + (backwards(cpu) ? -bytes : bytes));
        }

        static boolean backwards(Cpu cpu) {
            return (cpu.flagRest & Flags.DF) != 0;
        }

        final long source(Cpu cpu) {
            long offset = cpu.gpr[RSI] & mask;
            if (flat) {
                return based ? offset + cpu.segmentBase[segment] : offset;
            }
            return Segmentation.read(cpu, segment, offset, size);
        }

        final long destination(Cpu cpu, boolean write) {
            long offset = cpu.gpr[RDI] & mask;
            if (flat) {
                return offset;
            }
            return write ? Segmentation.write(cpu, ES, offset, size) : Segmentation.read(cpu, ES, offset, size);
        }

        /// {@return whether elements after the one that was checked lie in the segment too, as far as the offset does
        /// not wrap around: it has no limit}
        private boolean open(Cpu cpu, int segment) {
            return flat
                    || cpu.segmentLimit[segment] == -1
                            && (cpu.segmentAttributes[segment] & (Descriptors.EXECUTABLE | Descriptors.SPECIAL))
                                    != Descriptors.SPECIAL;
        }

        /// {@return how many of `left` elements, the first at `linear`, lie in its page and need no further check}
        final long within(Cpu cpu, long left, long linear, int register, boolean source) {
            if (!open(cpu, source ? segment : ES)) {
                return 0;
            }
            long most = left < 0 ? Long.MAX_VALUE : left;
            long inPage = linear & PAGE - 1;
            long offset = cpu.gpr[register] & mask;
            if (backwards(cpu)) {
                long fit = inPage + size > PAGE ? 0 : inPage / size + 1;
                return Math.min(most, mask == -1 ? fit : Math.min(fit, offset / size + 1));
            }
            long fit = (PAGE - inPage) / size;
            return Math.min(most, mask == -1 ? fit : Math.min(fit, (mask - offset + 1) / size));
        }

        /// {@return the element at a store offset}
        final long load(MemorySegment store, long offset) {
            return switch (size) {
                case 1 -> store.get(ValueLayout.JAVA_BYTE, offset) & 0xFFL;
                case 2 -> store.get(GuestMemory.SHORT, offset) & 0xFFFFL;
                case 4 -> store.get(GuestMemory.INT, offset) & 0xFFFF_FFFFL;
                default -> store.get(GuestMemory.LONG, offset);
            };
        }

        final void put(MemorySegment store, long offset, long value) {
            switch (size) {
                case 1 -> store.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
                case 2 -> store.set(GuestMemory.SHORT, offset, (short) value);
                case 4 -> store.set(GuestMemory.INT, offset, (int) value);
                default -> store.set(GuestMemory.LONG, offset, value);
            }
        }
    }

    private static final class Move extends StringStep {
        Move(Instruction i) {
            super(i, false);
        }

        @Override
        void element(Cpu cpu) {
            long value = cpu.mmu.read(source(cpu), size);
            cpu.mmu.write(destination(cpu, true), size, value);
            advance(cpu, RSI, 1);
            advance(cpu, RDI, 1);
        }

        @Override
        long batch(Cpu cpu, long left) {
            long source = source(cpu);
            long from = cpu.mmu.readable(source);
            long count = from < 0 ? 0 : within(cpu, left, source, RSI, true);
            if (count == 0) {
                return 0;
            }
            long destination = destination(cpu, true);
            long to = cpu.mmu.writable(destination);
            count = to < 0 ? 0 : within(cpu, count, destination, RDI, false);
            if (count == 0) {
                return 0;
            }
            long bytes = count * size;
            if (backwards(cpu)) {
                long back = bytes - size;
                copy(cpu.mmu.store(), from - back, to - back, bytes, from > to && from - to < bytes, -size);
            } else {
                copy(cpu.mmu.store(), from, to, bytes, to > from && to - from < bytes, size);
            }
            advance(cpu, RSI, count);
            advance(cpu, RDI, count);
            return count;
        }

        /// @param repeats whether elements are read after they were written, which repeats a pattern
        private void copy(MemorySegment store, long from, long to, long bytes, boolean repeats, int step) {
            if (!repeats) {
                MemorySegment.copy(store, from, store, to, bytes);
                return;
            }
            long first = step > 0 ? 0 : bytes - size;
            for (long n = 0; n < bytes; n += size) {
                long at = step > 0 ? n : first - n;
                put(store, to + at, load(store, from + at));
            }
        }
    }

    private static final class Store extends StringStep {
        Store(Instruction i) {
            super(i, false);
        }

        @Override
        void element(Cpu cpu) {
            cpu.mmu.write(destination(cpu, true), size, cpu.gpr[RAX]);
            advance(cpu, RDI, 1);
        }

        @Override
        long batch(Cpu cpu, long left) {
            long destination = destination(cpu, true);
            long to = cpu.mmu.writable(destination);
            long count = to < 0 ? 0 : within(cpu, left, destination, RDI, false);
            if (count == 0) {
                return 0;
            }
            long bytes = count * size;
            fill(cpu.mmu.store(), backwards(cpu) ? to - bytes + size : to, bytes, cpu.gpr[RAX]);
            advance(cpu, RDI, count);
            return count;
        }

        private void fill(MemorySegment store, long to, long bytes, long value) {
            long same = (value & 0xFF) * 0x0101_0101_0101_0101L;
            if (((value ^ same) & Slot.mask(size)) == 0) {
                store.asSlice(to, bytes).fill((byte) value);
                return;
            }
            for (long n = 0; n < bytes; n += size) {
                put(store, to + n, value);
            }
        }
    }

    private static final class Load extends StringStep {
        private final Slot accumulator = Slot.of(Operand.of(Kind.GPR, size, ProcessorState.RAX));

        Load(Instruction i) {
            super(i, false);
        }

        @Override
        void element(Cpu cpu) {
            accumulator.set(cpu, cpu.mmu.read(source(cpu), size));
            advance(cpu, RSI, 1);
        }

        @Override
        long batch(Cpu cpu, long left) {
            return 0;
        }
    }

    private static final class Compare extends StringStep {
        private final int shift = 64 - 8 * size;

        Compare(Instruction i) {
            super(i, true);
        }

        @Override
        void element(Cpu cpu) {
            // of two that fault, the second is told
            long b = cpu.mmu.read(destination(cpu, false), size);
            long a = cpu.mmu.read(source(cpu), size);
            Alu.sub(cpu, a, b, shift);
            advance(cpu, RSI, 1);
            advance(cpu, RDI, 1);
        }

        @Override
        long batch(Cpu cpu, long left) {
            long destination = destination(cpu, false);
            long second = cpu.mmu.readable(destination);
            long count = second < 0 ? 0 : within(cpu, left, destination, RDI, false);
            if (count == 0) {
                return 0;
            }
            long source = source(cpu);
            long first = cpu.mmu.readable(source);
            count = first < 0 ? 0 : within(cpu, count, source, RSI, true);
            if (count == 0) {
                return 0;
            }
            MemorySegment store = cpu.mmu.store();
            int step = backwards(cpu) ? -size : size;
            long done = 0;
            long a;
            long b;
            do {
                a = load(store, first + done * step);
                b = load(store, second + done * step);
                done++;
            } while (done < count && a == b == whileEqual);
            Alu.sub(cpu, a, b, shift);
            advance(cpu, RSI, done);
            advance(cpu, RDI, done);
            return done;
        }
    }

    private static final class Scan extends StringStep {
        private final int shift = 64 - 8 * size;

        Scan(Instruction i) {
            super(i, true);
        }

        @Override
        void element(Cpu cpu) {
            Alu.sub(cpu, cpu.gpr[RAX], cpu.mmu.read(destination(cpu, false), size), shift);
            advance(cpu, RDI, 1);
        }

        @Override
        long batch(Cpu cpu, long left) {
            long destination = destination(cpu, false);
            long at = cpu.mmu.readable(destination);
            long count = at < 0 ? 0 : within(cpu, left, destination, RDI, false);
            if (count == 0) {
                return 0;
            }
            MemorySegment store = cpu.mmu.store();
            int step = backwards(cpu) ? -size : size;
            long a = cpu.gpr[RAX] & Slot.mask(size);
            long done = 0;
            long b;
            do {
                b = load(store, at + done * step);
                done++;
            } while (done < count && a == b == whileEqual);
            Alu.sub(cpu, a, b, shift);
            advance(cpu, RDI, done);
            return done;
        }
    }
}

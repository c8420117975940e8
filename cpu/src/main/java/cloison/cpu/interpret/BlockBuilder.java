package cloison.cpu.interpret;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Decoder.Outcome;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.state.GuestFault;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Makes blocks: decodes instructions until one ends the block, the page ends, or there are enough.
///
/// **Owner:** the thread that runs the processor.
final class BlockBuilder {
    private static final int MOST = 32;

    private final Cpu cpu;
    private final Decoder decoder = new Decoder(OpcodeTable.standard());
    private final byte[] bytes = new byte[2 * Decoder.LONGEST];

    // the block being built
    private @Nullable Step first;
    private @Nullable Step last;
    private int instructions;

    BlockBuilder(Cpu cpu) {
        this.cpu = cpu;
    }

    /// {@return the first linear address of the page after that of `linear`}
    long pageAfter(long linear, int key) {
        long next = (linear & -4096L) + GuestMemory.PAGE_SIZE;
        return (key & Cpu.KEY_64) != 0 ? next : next & 0xFFFF_FFFFL;
    }

    /// {@return a new block}
    ///
    /// @param place where [cloison.cpu.mmu.Mmu#fetch] found `linear`
    Block build(long rip, long linear, long place, int key) {
        int mode = 16 << (key & 3);
        long limit = (key & Cpu.KEY_64) != 0 ? -1L : cpu.segmentLimit[ProcessorState.CS] & 0xFFFF_FFFFL;
        int most = (key & Cpu.KEY_SINGLE) != 0 || place < 0 ? 1 : MOST;
        int left = BlockCache.left(linear);
        int done = 0;
        int version = 0;
        first = null;
        last = null;
        instructions = 0;
        while (instructions < most && done < left) {
            int available = Math.min(Decoder.LONGEST, left - done);
            if (place >= 0) {
                int seen = cpu.mmu.markCode(place + done, available);
                version = instructions == 0 ? seen : version;
            }
            load(place, done, available, 0);
            Instruction instruction = decoder.decode(bytes, 0, available, mode, rip + done);
            if (decoder.outcome() == Outcome.MORE) {
                if (instructions > 0) {
                    break;
                }
                return crossing(rip, linear, place, key, limit, available, version);
            }
            add(step(instruction, decoder.outcome(), limit), done);
            if (instruction == null) {
                done++;
                break;
            }
            done += instruction.length;
            if (instruction.row.ends()) {
                break;
            }
        }
        return block(rip, done, key, place, version);
    }

    /// Links a step to the block, unless it does nothing.
    private void add(Step step, int offset) {
        step.startInBlock = offset;
        step.precedingInBlock = instructions++;
        if (step instanceof MiscSteps.Nothing) {
            return;
        }
        if (last == null) {
            first = step;
        } else {
            last.followingInBlock = step;
        }
        last = step;
    }

    private Block block(long rip, int length, int key, long place, int version) {
        long end = rip + length;
        return new Block(
                rip,
                (key & Cpu.KEY_64) != 0 ? end : end & 0xFFFF_FFFFL,
                key,
                first == null ? new MiscSteps.Nothing() : first,
                instructions,
                place,
                version);
    }

    /// {@return a block of the one instruction whose first `available` bytes end a page}
    private Block crossing(long rip, long linear, long place, int key, long limit, int available, int version) {
        long secondPlace = cpu.mmu.fetch(pageAfter(linear, key));
        int more = Decoder.LONGEST - available;
        int secondVersion = secondPlace >= 0 ? cpu.mmu.markCode(secondPlace, more) : 0;
        load(secondPlace, 0, more, available);
        int mode = 16 << (key & 3);
        Instruction instruction = decoder.decode(bytes, 0, Decoder.LONGEST, mode, rip);
        add(step(instruction, decoder.outcome(), limit), 0);
        // a block that is half memory, half device is not kept: its place says that it is a device's
        long kept = secondPlace < 0 ? secondPlace : place;
        Block block = block(rip, instruction == null ? 1 : instruction.length, key, kept, version);
        block.secondPlace = secondPlace;
        block.secondVersion = secondVersion;
        return block;
    }

    private void load(long place, int from, int count, int at) {
        if (place >= 0) {
            MemorySegment.copy(cpu.mmu.store(), ValueLayout.JAVA_BYTE, place + from, bytes, at, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) cpu.mmu.fetchDevice(~(~place + from + i));
        }
    }

    private static Step step(@Nullable Instruction instruction, Outcome outcome, long limit) {
        if (instruction == null) {
            return outcome == Outcome.UNDEFINED ? new MiscSteps.Undefined() : new Refused();
        }
        if (limit != -1L && instruction.address + instruction.length - 1 > limit) {
            return new Refused();
        }
        try {
            return Steps.of(instruction);
        } catch (IllegalStateException e) {
            return new Unknown(e);
        }
    }

    /// An instruction that is too long or beyond the limit of its segment.
    private static final class Refused extends Step {
        @Override
        public void run(Cpu cpu) {
            throw GuestFault.protection();
        }
    }

    /// An instruction that the table has and no factory makes: the engine's fault, if it is ever executed.
    private static final class Unknown extends Step {
        private final IllegalStateException cause;

        Unknown(IllegalStateException cause) {
            this.cause = cause;
        }

        @Override
        public void run(Cpu cpu) {
            throw new IllegalStateException(cause);
        }
    }
}

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
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Makes blocks: decodes instructions until one ends the block, the page ends, or there are enough.
///
/// **Owner:** the thread that runs the processor.
final class BlockBuilder {
    /// The most instructions of a block.
    static final int MOST = 32;

    private final Cpu cpu;
    private final Decoder decoder;
    private final byte[] bytes = new byte[2 * Decoder.LONGEST];

    // the block being built
    private final Instruction[] list = new Instruction[MOST];
    private final int[] starts = new int[MOST];
    private final boolean[] unseen = new boolean[MOST];
    private final Step[] steps = new Step[MOST + 1];
    private int size;

    BlockBuilder(Cpu cpu) {
        this.cpu = cpu;
        decoder = new Decoder(OpcodeTable.of(cpu.model));
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
        int count = 0;
        int done = 0;
        int version = 0;
        Step refusal = null;
        while (count < most && done < left) {
            int available = Math.min(Decoder.LONGEST, left - done);
            if (place >= 0) {
                int seen = cpu.mmu.markCode(place + done, available);
                version = count == 0 ? seen : version;
            }
            load(place, done, available, 0);
            Instruction instruction = decoder.decode(bytes, 0, available, mode, rip + done);
            if (decoder.outcome() == Outcome.MORE) {
                if (count > 0) {
                    break;
                }
                return crossing(rip, linear, place, key, limit, available, version);
            }
            refusal = refusal(instruction, decoder.outcome(), limit);
            if (instruction == null || refusal != null) {
                break;
            }
            list[count] = instruction;
            starts[count++] = done;
            done += instruction.length;
            if (instruction.row.ends()) {
                break;
            }
        }
        return block(rip, done, key, count, refusal, place, version);
    }

    /// {@return the block of the first `count` instructions in the list and, if there is one, the step that refuses the
    /// bytes after them}
    private Block block(long rip, int length, int key, int count, @Nullable Step refusal, long place, int version) {
        size = 0;
        LiveFlags.mark(list, count, unseen);
        for (int n = 0; n < count; n++) {
            add(step(list[n], unseen[n]), starts[n], n);
        }
        if (refusal != null) {
            add(refusal, length, count);
        }
        int refused = refusal == null ? 0 : 1;
        long end = rip + length + refused;
        return new Block(
                rip,
                (key & Cpu.KEY_64) != 0 ? end : end & 0xFFFF_FFFFL,
                key,
                Arrays.copyOf(steps, size),
                count + refused,
                // another limit may allow what this one refuses, so that is not kept either
                refusal instanceof BeyondLimit ? -1 : place,
                version);
    }

    /// Adds a step to the block, unless it does nothing.
    private void add(Step step, int start, int preceding) {
        if (!(step instanceof MiscSteps.Nothing)) {
            step.startInBlock = (short) start;
            step.precedingInBlock = (byte) preceding;
            steps[size++] = step;
        }
    }

    /// {@return a block of the one instruction whose first `available` bytes end a page}
    private Block crossing(long rip, long linear, long place, int key, long limit, int available, int version) {
        long secondPlace = cpu.mmu.fetch(pageAfter(linear, key));
        int more = Decoder.LONGEST - available;
        int secondVersion = secondPlace >= 0 ? cpu.mmu.markCode(secondPlace, more) : 0;
        load(secondPlace, 0, more, available);
        int mode = 16 << (key & 3);
        Instruction instruction = decoder.decode(bytes, 0, Decoder.LONGEST, mode, rip);
        Step refusal = refusal(instruction, decoder.outcome(), limit);
        int count = 0;
        int length = 0;
        if (instruction != null && refusal == null) {
            list[count] = instruction;
            starts[count++] = 0;
            length = instruction.length;
        }
        // a block that is half memory, half device is not kept: its place says that it is a device's
        long kept = secondPlace < 0 ? secondPlace : place;
        Block block = block(rip, length, key, count, refusal, kept, version);
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

    /// {@return the step that refuses to execute the bytes, or null where there is an instruction in the segment}
    private static @Nullable Step refusal(@Nullable Instruction instruction, Outcome outcome, long limit) {
        if (instruction == null) {
            return outcome == Outcome.UNDEFINED ? new MiscSteps.Undefined() : new TooLong();
        }
        return limit != -1L && instruction.address + instruction.length - 1 > limit ? new BeyondLimit() : null;
    }

    private static Step step(Instruction instruction, boolean unseen) {
        Step quiet = unseen ? QuietSteps.of(instruction) : null;
        if (quiet != null) {
            return quiet;
        }
        try {
            return Steps.of(instruction);
        } catch (IllegalStateException e) {
            return new Unknown(e);
        }
    }

    /// An instruction of more than fifteen bytes.
    private static final class TooLong extends Step {
        @Override
        public void run(Cpu cpu) {
            throw GuestFault.protection();
        }
    }

    /// An instruction that the limit of its segment cuts off.
    private static final class BeyondLimit extends Step {
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

package cloison.cpu.interpret;

import cloison.cpu.state.GuestFault;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import java.util.Arrays;

/// The blocks of one processor, found by where they are: offset in CS, mode, and page of the store.
///
/// A block outlives the translation that it was made under; coming back to an address space finds its blocks again.
///
/// **Owner:** the thread that runs the processor.
final class BlockCache {
    private static final int BUCKETS = 1 << 15;
    private static final int JUMPS = 1 << 12;
    /// Instructions kept at most, over all blocks.
    private static final int CAPACITY = 1 << 19;

    private final Cpu cpu;
    private final BlockBuilder builder;
    private final Block[] buckets = new Block[BUCKETS];
    private final Block[] jumps = new Block[JUMPS];
    private int held;

    BlockCache(Cpu cpu) {
        this.cpu = cpu;
        builder = new BlockBuilder(cpu);
        clear();
    }

    /// Forgets all blocks.
    void clear() {
        Arrays.fill(buckets, Block.NONE);
        Arrays.fill(jumps, Block.NONE);
        held = 0;
        cpu.verifyBlocks();
    }

    private static int jump(long rip) {
        return (int) (rip ^ rip >>> 12) & JUMPS - 1;
    }

    /// {@return the block at RIP, which may run at once}
    ///
    /// @param before the block that led there; it remembers
    Block after(Block before) {
        long rip = cpu.rip;
        Block block = jumps[jump(rip)];
        if (block.rip != rip || block.stamp != cpu.stamp) {
            block = find(rip, cpu.key());
            if (block.place < 0) {
                // a device answers anew each time
                return block;
            }
            block.stamp = cpu.stamp;
            jumps[jump(rip)] = block;
        }
        if (before.next.stamp != cpu.stamp || before.next.rip == rip) {
            before.next = block;
        } else {
            before.other = before.next;
            before.next = block;
        }
        return block;
    }

    /// {@return a block of the one instruction at RIP}
    Block single() {
        return find(cpu.rip, cpu.key() | Cpu.KEY_SINGLE);
    }

    private Block find(long rip, int key) {
        long linear = cpu.segmentBase[ProcessorState.CS] + rip;
        if ((key & Cpu.KEY_64) != 0) {
            linear = rip;
        } else {
            linear &= 0xFFFF_FFFFL;
            if (Long.compareUnsigned(rip, cpu.segmentLimit[ProcessorState.CS] & 0xFFFF_FFFFL) > 0) {
                throw GuestFault.protection();
            }
        }
        long place = cpu.mmu.fetch(linear);
        if (place < 0) {
            return builder.build(rip, linear, place, key);
        }
        int bucket = (int) ((rip ^ place >>> 7 ^ rip >>> 17) * 0x9E37_79B1L >>> 13) & BUCKETS - 1;
        Block previous = Block.NONE;
        for (Block block = buckets[bucket]; block != Block.NONE; previous = block, block = block.bucket) {
            if (block.rip == rip && block.place == place && block.key == key) {
                if (valid(block, linear)) {
                    return block;
                }
                if (previous == Block.NONE) {
                    buckets[bucket] = block.bucket;
                } else {
                    previous.bucket = block.bucket;
                }
                held -= block.instructions;
                break;
            }
        }
        Block block = builder.build(rip, linear, place, key);
        if (block.place < 0) {
            return block;
        }
        held += block.instructions;
        if (held > CAPACITY) {
            clear();
            held = block.instructions;
        }
        block.bucket = buckets[bucket];
        buckets[bucket] = block;
        return block;
    }

    /// {@return whether a block found by its place may still run}
    private boolean valid(Block block, long linear) {
        if (block.version != cpu.mmu.codeVersion(block.place)) {
            return false;
        }
        if ((block.key & Cpu.KEY_64) == 0 && block.end - 1 > (cpu.segmentLimit[ProcessorState.CS] & 0xFFFF_FFFFL)) {
            return false;
        }
        if (block.secondPlace >= 0) {
            long second = builder.pageAfter(linear, block.key);
            return cpu.mmu.fetch(second) == block.secondPlace
                    && block.secondVersion == cpu.mmu.codeVersion(block.secondPlace);
        }
        return true;
    }

    /// {@return bytes that a block's page still has from a linear address on}
    static int left(long linear) {
        return GuestMemory.PAGE_SIZE - (int) (linear & GuestMemory.PAGE_SIZE - 1);
    }
}

package cloison.cpu.translate;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Decoder.Outcome;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.OperandCode.Source;
import cloison.cpu.interpret.Cpu;
import cloison.cpu.state.Flags;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Decodes what a block is made of, and finds out where the status flags are still needed.
///
/// Bytes are marked as code before they are read, those that were only looked at included: if they change, the page
/// changes, and with it the block.
///
/// **Owner:** the thread that translates.
final class BlockReader {
    /// The most instructions of a block.
    static final int MOST = 48;
    /// How far to look for the end of a flag's life.
    private static final int LOOK = 8;

    private static final int REMEMBERED = 1 << 12;

    private final Cpu cpu;
    private final boolean exact;
    private final Decoder decoder;
    private final Encoding encoding = new Encoding();

    /// The page, as far as it was read.
    final byte[] bytes = new byte[GuestMemory.PAGE_SIZE + 2 * Decoder.LONGEST];

    final Instruction[] instructions = new Instruction[MOST];
    /// Where each begins in [#bytes].
    final int[] offsets = new int[MOST];

    final int[] natures = new int[MOST];
    /// Flags that are needed before each, by itself or later.
    final int[] liveBefore = new int[MOST];

    int count;
    /// Bytes of an address, and of what pushes and calls store.
    int word = 8;
    /// Whether each access of the block is to have a check of its own.
    boolean alone;
    /// Whether the instruction after the last one reaches into the next page.
    boolean crosses;
    /// Whether the last instruction never goes on to the next.
    boolean ended;
    /// The address after the last.
    long next;
    /// Version of the page when it was read.
    int version;

    private TranslatedPage page = new TranslatedPage(0, 0, 0, 0);
    private boolean avx;

    // what was looked at, to be found again when its block is made
    private final @Nullable Instruction[] known = new Instruction[REMEMBERED];
    private final int[] knownSince = new int[REMEMBERED];
    /// Changes with the page that is read: what was known before is known no more.
    private int reading;

    /// @param exact whether all flags are taken for needed everywhere
    BlockReader(Cpu cpu, boolean exact) {
        this.cpu = cpu;
        decoder = new Decoder(OpcodeTable.of(cpu.model));
        this.exact = exact;
    }

    /// {@return whether the instruction at `rip` is in this page, but not all of it}
    boolean crosses(long rip) {
        return page.second == TranslatedPage.NONE && (rip & -4096L) == page.linear && at(rip) == null && crosses;
    }

    /// Reads the block at `rip`.
    void read(TranslatedPage from, long rip) {
        if (from != page) {
            reading++;
        }
        page = from;
        word = Mode.is32(from.mode) ? 4 : 8;
        avx = cpu.avxEnabled();
        count = 0;
        ended = false;
        next = rip;
        version = from.version;
        while (count < MOST) {
            Instruction instruction = at(next);
            if (instruction == null) {
                break;
            }
            int nature = Nature.of(instruction, page.mode, avx);
            offsets[count] = (int) next & 4095;
            if (nature == Nature.NATIVE && !suits(instruction, offsets[count])) {
                nature = Nature.INTERPRETED;
            }
            instructions[count] = instruction;
            natures[count++] = nature;
            next = instruction.next();
            if (Nature.ends(instruction, nature)) {
                ended = true;
                break;
            }
            if ((next & -4096L) != from.linear) {
                break;
            }
        }
        liveness();
    }

    /// {@return whether accesses of the instruction at `rip` go to many pages}
    boolean wandering(long rip) {
        return page.wanders(rip);
    }

    /// {@return whether accesses of the instruction at `rip` often lie in two pages}
    boolean splits(long rip) {
        return page.splits(rip);
    }

    /// {@return the address of the last instruction}
    long lastAddress() {
        return instructions[count - 1].address;
    }

    /// {@return whether a native instruction can be emitted with other registers}
    private boolean suits(Instruction instruction, int offset) {
        if (instruction.row.form().vex()) {
            encoding.read(bytes, offset, instruction);
            if (encoding.vexGeneral && BlockTranslator.resident(encoding.vexRegister())) {
                // there are two scratch registers, and one when memory takes part
                int others = encoding.regGeneral && BlockTranslator.resident(encoding.reg) ? 1 : 0;
                others += encoding.memory || encoding.rmGeneral && BlockTranslator.resident(encoding.rm) ? 1 : 0;
                return others < 2;
            }
            return !ignoredRegisterBit(instruction);
        }
        boolean rex = false;
        for (Operand operand : instruction.operands) {
            // RSP in R13 needs REX, with which AH..BH do not combine
            rex |= operand.kind() == Operand.Kind.GPR && operand.number() == ProcessorState.RSP;
        }
        return !(rex && Nature.high(instruction)) && !(instruction.mode == 64 && Encoding.strange(bytes, offset));
    }

    /// {@return whether the upper bit of an immediate register number, which 32-bit code ignores, is set}
    private static boolean ignoredRegisterBit(Instruction instruction) {
        return instruction.mode == 32
                && (instruction.immediate & 0x80) != 0
                && instruction.row.registerCodes().getLast().source() == Source.IMMEDIATE_XMM;
    }

    /// {@return the instruction at `rip`, in the page being read, or null if there is none or it reaches into the next}
    private @Nullable Instruction at(long rip) {
        int offset = (int) rip & 4095;
        long place = page.place + offset;
        int slot = offset;
        Instruction found = known[slot];
        if (found != null && knownSince[slot] == reading) {
            return found;
        }
        int available = Math.min(Decoder.LONGEST, 4096 - offset);
        int seen = cpu.mmu.markCode(place, available);
        if (seen != page.version) {
            version = seen;
        }
        MemorySegment.copy(cpu.mmu.store(), ValueLayout.JAVA_BYTE, place, bytes, offset, available);
        if (page.second != TranslatedPage.NONE && available < Decoder.LONGEST) {
            int more = Decoder.LONGEST - available;
            if (cpu.mmu.markCode(page.second, more) != page.secondVersion) {
                version = page.version + 1;
            }
            MemorySegment.copy(cpu.mmu.store(), ValueLayout.JAVA_BYTE, page.second, bytes, 4096, more);
            available = Decoder.LONGEST;
        }
        Instruction instruction = decoder.decode(bytes, offset, available, Mode.is32(page.mode) ? 32 : 64, rip);
        crosses = instruction == null && decoder.outcome() == Outcome.MORE;
        if (instruction == null || decoder.outcome() != Outcome.DONE) {
            return null;
        }
        known[slot] = instruction;
        knownSince[slot] = reading;
        return instruction;
    }

    // ---- flags

    private void liveness() {
        int live = ended ? 0 : liveAt(next);
        for (int i = count - 1; i >= 0; i--) {
            Instruction instruction = instructions[i];
            int nature = natures[i];
            if (i == count - 1 && ended) {
                live = leaving(instruction, nature);
            } else if (Nature.branches(instruction, nature)) {
                // a conditional jump inside
                live |= liveAt(instruction.immediate);
            }
            live = live & ~Nature.kills(instruction, nature) | Nature.reads(instruction, nature);
            liveBefore[i] = exact ? Flags.STATUS : live;
        }
    }

    /// {@return flags that are needed after the last instruction}
    private int leaving(Instruction instruction, int nature) {
        boolean known = Nature.branches(instruction, nature);
        return known ? liveAt(instruction.immediate) : Flags.STATUS;
    }

    /// {@return flags that code at `rip` may need}
    int liveAt(long rip) {
        if (exact) {
            return Flags.STATUS;
        }
        long at = rip;
        int left = Flags.STATUS;
        int live = 0;
        for (int i = 0; i < LOOK && left != 0; i++) {
            if ((at ^ page.linear) >>> 12 != 0) {
                break;
            }
            Instruction instruction = at(at);
            if (instruction == null) {
                break;
            }
            int nature = Nature.of(instruction, page.mode, avx);
            live |= Nature.reads(instruction, nature) & left;
            left &= ~Nature.kills(instruction, nature);
            if (Nature.ends(instruction, nature)) {
                if (instruction.op() != IntegerOp.JMP || !Nature.branches(instruction, nature)) {
                    break;
                }
                at = instruction.immediate;
            } else if (Nature.branches(instruction, nature)) {
                break;
            } else {
                at = instruction.next();
            }
        }
        return live | left;
    }
}

package cloison.cpu.differential;

import cloison.cpu.decode.Disassembler;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.VectorOp;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Runs one [Case] after the other on the host's processor and on an engine, and compares.
final class Differential {
    /// Operations of which the manual leaves open whether memory that they need not touch faults.
    private static final Set<String> LENIENT = Set.of("MASKMOVQ", "MASKMOVDQU", "XSAVEOPT", "XSAVEOPT64");

    private static final Set<String> FAR_POINTERS = Set.of("LDS", "LES", "LSS", "LFS", "LGS");
    private static final Set<Integer> MEMORY_FAULTS = Set.of(12, 13, 14);

    private final Place place;
    private final Engine engine;
    private final Engine host;
    private final boolean amd;
    private final Watchdog watchdog;

    private final Case sample;
    private final MachineState hostAfter = new MachineState();
    private final MachineState levelled = new MachineState();
    private final MachineState ourAfter = new MachineState();
    private final byte[] hostData = new byte[Place.DATA_SIZE];
    private final byte[] ourData = new byte[Place.DATA_SIZE];

    private List<String> differences = List.of();
    private String reason = "";

    /// @param amd whether the host's processor is of AMD's make
    Differential(Place place, Engine engine, Engine host, boolean amd, Watchdog watchdog) {
        this.place = place;
        this.engine = engine;
        this.host = host;
        this.amd = amd;
        this.watchdog = watchdog;
        sample = new Case(place);
    }

    /// Runs the case of a seed.
    Verdict run(long seed) {
        differences = List.of();
        if (!sample.sample(seed)) {
            return Verdict.NONE;
        }
        try {
            return compare();
        } catch (Engine.Stopped e) {
            differences = List.of(String.valueOf(e.getMessage()));
            return Verdict.DIFFERENT;
        }
    }

    private void run(Engine runner, MachineState after, byte[] dataAfter) {
        int length = sample.length();
        runner.code(sample.offset, sample.code, length);
        runner.load(sample.data);
        watchdog.watch(runner);
        try {
            runner.run(sample.before, after);
        } finally {
            watchdog.unwatch();
            runner.clear(sample.offset, length);
        }
        runner.store(dataAfter);
    }

    private Verdict compare() {
        Instruction instruction = sample.instruction;
        String op = sample.row.op().name();
        MachineState before = sample.before;
        run(engine, ourAfter, ourData);
        if (leaves(place, ourAfter) || components(op) || instruction != null && splits(instruction, sample.memory)) {
            return Verdict.SKIPPED;
        }
        AmdDifferences amdDifferences = instruction == null || !amd
                ? null
                : new AmdDifferences(place, instruction, sample.code, before, sample.memory);
        if (amd && skips(AmdDifferences.reason(sample.row, sample.mode))) {
            return Verdict.VENDOR;
        }
        if (amdDifferences != null && skips(amdDifferences.reason())) {
            return Verdict.VENDOR;
        }
        run(host, hostAfter, hostData);
        if (LENIENT.contains(op) && (hostAfter.rip == before.rip) != (ourAfter.rip == before.rip)) {
            return Verdict.SKIPPED;
        }
        if (instruction != null && otherFault(instruction)) {
            return Verdict.SKIPPED;
        }
        levelled.copyFrom(hostAfter);
        if (amdDifferences != null) {
            if (skips(amdDifferences.reason(hostAfter, ourAfter))) {
                return Verdict.VENDOR;
            }
            amdDifferences.level(levelled, ourAfter, hostData, ourData);
        }
        differences = Comparison.of(
                sample.mode,
                undefined(sample, levelled, ourAfter),
                op,
                mmx(instruction),
                levelled,
                ourAfter,
                hostData,
                ourData);
        return differences.isEmpty() ? Verdict.SAME : Verdict.DIFFERENT;
    }

    /// {@return whether both faulted, but on other grounds, both of which are true: in a segment with a limit, memory
    /// of
    /// several pieces may break the limit here and the paging or the alignment there}
    private boolean otherFault(Instruction instruction) {
        return sample.mode == 16
                && hostAfter.vector != ourAfter.vector
                && hostAfter.rip == sample.before.rip
                && ourAfter.rip == sample.before.rip
                && MEMORY_FAULTS.contains(hostAfter.vector)
                && MEMORY_FAULTS.contains(ourAfter.vector)
                && (Comparison.SCATTERED.contains(instruction.op().name())
                        || FAR_POINTERS.contains(instruction.op().name())
                        || (sample.memory & 15) != 0 && instruction.op() instanceof VectorOp);
    }

    /// {@return the status flags that a case leaves undefined: none if it did not begin}
    static int undefined(Case sample, MachineState expected, MachineState found) {
        boolean began = found.rip == sample.before.rip && expected.rip == sample.before.rip;
        return began ? 0 : sample.row.flagsUndefined();
    }

    /// {@return whether it locks more than a cache line: kernels punish that by putting the program to sleep}
    private static boolean splits(Instruction instruction, long address) {
        Operand first = instruction.operands.length == 0 ? null : instruction.operand(0);
        Operand last = first == null ? null : instruction.operand(instruction.operands.length - 1);
        boolean locks = instruction.lock
                || instruction.op().name().equals("XCHG")
                        && (first.kind() == Operand.Kind.MEMORY || last.kind() == Operand.Kind.MEMORY);
        int size = locks ? Math.max(first.size(), 1) : 1;
        return (address & 63) + size > 64;
    }

    /// {@return whether it saves or restores state components that the host has and the guest has not}
    private boolean components(String op) {
        long[] gpr = sample.before.gpr;
        return (op.startsWith("XSAVE") || op.startsWith("XRSTOR"))
                && ((gpr[0] & 0xFFFF_FFFCL) != 0 || (gpr[2] & 0xFFFF_FFFFL & ~0x30_0000L) != 0);
    }

    /// {@return whether there is an MMX register among the operands}
    static boolean mmx(@Nullable Instruction instruction) {
        if (instruction != null) {
            for (Operand operand : instruction.operands) {
                if (operand.kind() == Operand.Kind.MMX) {
                    return true;
                }
            }
        }
        return false;
    }

    /// {@return whether it ended where the host has something else than a guest}
    static boolean leaves(Place place, MachineState after) {
        return after.vector == 14 && !place.known(after.address) || !place.known(after.rip);
    }

    private boolean skips(@Nullable String why) {
        reason = why == null ? "" : why;
        return why != null;
    }

    /// {@return why the last case was left to hosts of another vendor}
    String reason() {
        return reason;
    }

    /// {@return the last case}
    Case sample() {
        return sample;
    }

    /// {@return what the host made of the last case, as far as it counts}
    MachineState expected() {
        return levelled;
    }

    /// {@return the data after the last case, as far as it counts}
    byte[] expectedData() {
        return hostData;
    }

    /// {@return all of the last case, for people}
    String report(long seed) {
        Instruction instruction = sample.instruction;
        StringBuilder text = new StringBuilder();
        text.append("row        ").append(sample.row).append("\n");
        text.append(
                "bytes      %s (%d-bit)\n".formatted(HexFormat.ofDelimiter(" ").formatHex(sample.code), sample.mode));
        text.append("decoded    ")
                .append(instruction == null ? "undefined" : Disassembler.text(instruction))
                .append("\n");
        text.append("replay     -Dcloison.seed=").append(seed).append("\n");
        for (String difference : differences) {
            text.append("difference ").append(difference).append("\n");
        }
        text.append("before\n").append(Comparison.text(sample.before));
        text.append("host after\n").append(Comparison.text(hostAfter));
        text.append(engine.name()).append(" after\n").append(Comparison.text(ourAfter));
        text.append("data at 0x%x\n".formatted(place.data()));
        return text.toString();
    }
}

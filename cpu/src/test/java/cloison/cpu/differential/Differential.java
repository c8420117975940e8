package cloison.cpu.differential;

import cloison.cpu.decode.Disassembler;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Runs one [Case] after the other on the host's processor and on an engine, and compares.
final class Differential {
    /// Operations of which the manual leaves open whether memory that they need not touch faults.
    private static final Set<String> LENIENT =
            Set.of("MASKMOVQ", "MASKMOVDQU", "VMASKMOVDQU", "XSAVEOPT", "XSAVEOPT64", "XSAVEC", "XSAVEC64");

    private final Bench bench;
    private final Place place;

    private final Case sample;
    private final MachineState hostAfter = new MachineState();
    private final MachineState levelled = new MachineState();
    private final byte[] hostData = new byte[Place.DATA_SIZE];
    private final byte[] levelledData = new byte[Place.DATA_SIZE];
    private final List<Outcome> outcomes = new ArrayList<>();

    private List<String> differences = List.of();
    private String reason = "";

    Differential(Bench bench) {
        this.bench = bench;
        place = bench.place();
        sample = new Case(place);
    }

    /// Runs the case of a seed.
    Verdict run(long seed) {
        differences = List.of();
        outcomes.clear();
        if (!sample.sample(seed)) {
            return Verdict.NONE;
        }
        try {
            for (Engine engine : bench.engines(sample.mode)) {
                Outcome outcome = new Outcome(engine.name());
                outcomes.add(outcome);
                run(engine, outcome.after, outcome.data);
            }
        } catch (Engine.Stopped e) {
            return endless(e);
        }
        try {
            return compare();
        } catch (Engine.Stopped e) {
            differences = List.of(String.valueOf(e.getMessage()));
            return Verdict.DIFFERENT;
        }
    }

    /// What an engine does not end, the host must not end either: a branch to itself.
    private Verdict endless(Engine.Stopped stopped) {
        AmdDifferences amd = amd();
        if (amd != null && skips(amd.reason())) {
            return Verdict.VENDOR;
        }
        try {
            run(bench.host(), hostAfter, hostData);
        } catch (Engine.Stopped _) {
            return Verdict.SKIPPED;
        }
        differences = List.of(String.valueOf(stopped.getMessage()));
        return Verdict.DIFFERENT;
    }

    /// {@return what AMD processors do otherwise in the last case, or null on another host}
    private @Nullable AmdDifferences amd() {
        Instruction instruction = sample.instruction;
        return instruction == null || !bench.amd()
                ? null
                : new AmdDifferences(place, instruction, sample.code, sample.before, sample.memory);
    }

    private void run(Engine runner, MachineState after, byte[] dataAfter) {
        int length = sample.length();
        runner.code(sample.offset, sample.code, length);
        runner.load(sample.data);
        bench.watchdog().watch(runner);
        try {
            runner.run(sample.before, after);
        } finally {
            bench.watchdog().unwatch();
            runner.clear(sample.offset, length);
        }
        runner.store(dataAfter);
    }

    private Verdict compare() {
        Instruction instruction = sample.instruction;
        String op = sample.row.op().name();
        MachineState first = outcomes.getFirst().after;
        if (leaves(place, first) || components(op) || instruction != null && splits(instruction, sample.memory)) {
            return Verdict.SKIPPED;
        }
        AmdDifferences amd = amd();
        if (bench.amd() && skips(AmdDifferences.reason(sample.row, sample.mode))
                || amd != null && skips(amd.reason())) {
            return Verdict.VENDOR;
        }
        run(bench.host(), hostAfter, hostData);
        List<String> found = new ArrayList<>();
        for (Outcome outcome : outcomes) {
            Verdict verdict = compare(amd, outcome, found);
            if (verdict != Verdict.SAME) {
                return verdict;
            }
        }
        differences = found;
        return found.isEmpty() ? Verdict.SAME : Verdict.DIFFERENT;
    }

    /// Adds the differences of an engine to `found`; {@return what else it came to}
    private Verdict compare(@Nullable AmdDifferences amd, Outcome outcome, List<String> found) {
        Instruction instruction = sample.instruction;
        String op = sample.row.op().name();
        MachineState ours = outcome.after;
        long start = sample.before.rip;
        // XRSTOR may touch the place of a component that is not present
        if (LENIENT.contains(op) && (hostAfter.rip == start) != (ours.rip == start)
                || op.startsWith("XRSTOR") && (hostAfter.vector == 14) != (ours.vector == 14)
                || instruction != null && OpenFaults.both(instruction, sample.memory, bench.amd(), hostAfter, ours)) {
            return Verdict.SKIPPED;
        }
        levelled.copyFrom(hostAfter);
        System.arraycopy(hostData, 0, levelledData, 0, hostData.length);
        if (amd != null) {
            if (skips(amd.reason(hostAfter, ours))) {
                return Verdict.VENDOR;
            }
            amd.level(levelled, ours, levelledData, outcome.data);
        }
        int undefined = undefined(sample, levelled, ours);
        List<String> own =
                Comparison.of(sample.mode, undefined, op, mmx(instruction), levelled, ours, levelledData, outcome.data);
        own.forEach(difference -> found.add(outcome.name + ": " + difference));
        return Verdict.SAME;
    }

    /// What an engine made of a case.
    private static final class Outcome {
        final String name;
        final MachineState after = new MachineState();
        final byte[] data = new byte[Place.DATA_SIZE];

        Outcome(String name) {
            this.name = name;
        }
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
                && ((gpr[0] & 0xFFFF_FFFFL) >= StateSampler.COMPONENTS || (gpr[2] & 0xFFFF_FFFFL & ~0x30_0000L) != 0);
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
        return levelledData;
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
        for (Outcome outcome : outcomes) {
            text.append(outcome.name).append(" after\n").append(Comparison.text(outcome.after));
        }
        text.append("data at 0x%x\n".formatted(place.data()));
        return text.toString();
    }
}

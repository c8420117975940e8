package cloison.cpu.differential;

import cloison.cpu.decode.Instruction;
import cloison.cpu.state.Flags;
import java.util.ArrayList;
import java.util.List;

/// Runs one [Program] after the other on the host's processor and on engines, and compares.
///
/// Each program runs from two starts: from the first one without anything known, from the second one with what the
/// engine kept: blocks that may by now be hot, links between them, translations.
final class Sequences {
    private static final int STARTS = 2;

    private final Bench bench;
    private final Place place;
    private final ProgramSampler sampler;

    private final MachineState[] hostAfter = {new MachineState(), new MachineState()};
    private final byte[][] hostData = new byte[STARTS][Place.DATA_SIZE];
    private final List<Run> runs = new ArrayList<>();

    private List<Engine> engines = List.of();
    private Program program;
    private List<String> differences = List.of();

    /// What one run of an engine came to.
    private record Run(String name, Engine engine, int start, MachineState after, byte[] data) {}

    private static final int BREAKPOINT = 3;

    Sequences(Bench bench) {
        this.bench = bench;
        place = bench.place();
        sampler = new ProgramSampler(place);
        program = new Program(place, 64, 0);
    }

    /// Runs the program of a seed.
    Verdict run(long seed) {
        differences = List.of();
        runs.clear();
        Program sampled = sampler.sample(seed);
        if (sampled == null) {
            return Verdict.NONE;
        }
        program = sampled;
        engines = bench.engines(program.mode, Case.number(seed));
        for (Engine engine : engines) {
            for (int start = 0; start < STARTS; start++) {
                String name = engine.name() + (start == 0 ? "" : " from the second start");
                runs.add(new Run(name, engine, start, new MachineState(), new byte[Place.DATA_SIZE]));
            }
        }
        return check();
    }

    private Verdict check() {
        differences = List.of();
        byte[] code = program.bytes();
        for (Piece piece : program.pieces) {
            Instruction instruction = piece.instruction;
            if (instruction != null && piece.kept && bench.excluded(instruction.row) != null) {
                return Verdict.SKIPPED;
            }
        }
        if (bench.amd() && vendor()) {
            return Verdict.VENDOR;
        }
        for (Run run : runs) {
            try {
                run(run, code);
            } catch (Engine.Stopped e) {
                return endless(run, code, e);
            }
        }
        List<String> found = new ArrayList<>();
        Verdict verdict = Verdict.SAME;
        for (int start = STARTS - 1; start >= 0; start--) {
            verdict = check(start, code, found);
        }
        differences = found;
        return found.isEmpty() ? verdict : Verdict.DIFFERENT;
    }

    /// Adds the differences from one start to `found`; {@return whether it could be compared}
    private Verdict check(int start, byte[] code, List<String> found) {
        MachineState first = runs.get(start).after;
        if (Differential.leaves(place, first)) {
            return Verdict.SKIPPED;
        }
        MachineState host = hostAfter[start];
        try {
            runOnHost(start, code);
        } catch (Engine.Stopped e) {
            found.add(String.valueOf(e.getMessage()));
            return Verdict.SAME;
        }
        if (open(host, first) || bench.amd() && twoFaults(host, first)) {
            return Verdict.SKIPPED;
        }
        int index = program.end(host);
        Instruction end = index < 0 ? null : program.pieces.get(index).instruction;
        int undefined = program.undefined(index);
        String op = end == null || first.rip != host.rip ? "" : end.op().name();
        if (bench.amd() && resumed(op, first)) {
            undefined |= Flags.STATUS;
        }
        for (Run run : runs) {
            if (run.start == start) {
                boolean exact = run.engine.exactFlags() || first.vector == BREAKPOINT;
                int open = exact ? undefined : undefined | Flags.STATUS;
                List<String> own = Comparison.of(
                        program.mode, open, op, Differential.mmx(end), host, run.after, hostData[start], run.data);
                own.forEach(difference -> found.add(run.name + ": " + difference));
            }
        }
        return Verdict.SAME;
    }

    /// What an engine does not end, the host must not end either.
    private Verdict endless(Run run, byte[] code, Engine.Stopped stopped) {
        try {
            runOnHost(run.start, code);
        } catch (Engine.Stopped _) {
            return Verdict.SKIPPED;
        }
        differences = List.of(String.valueOf(stopped.getMessage()));
        return Verdict.DIFFERENT;
    }

    /// The code stays between the starts.
    private void run(Run run, byte[] code) {
        Engine engine = run.engine;
        if (run.start == 0) {
            engine.code(program.offset, code, code.length);
        }
        engine.load(program.data);
        bench.watchdog().watch(engine);
        boolean ended = false;
        try {
            if (run.start == 0) {
                engine.run(program.starts[0], run.after);
            } else {
                engine.rerun(program.starts[run.start], run.after);
            }
            ended = true;
        } finally {
            bench.watchdog().unwatch();
            if (!ended || run.start == STARTS - 1) {
                engine.clear(program.offset, code.length);
            }
        }
        engine.store(run.data);
    }

    private void runOnHost(int start, byte[] code) {
        Engine host = bench.host();
        host.code(program.offset, code, code.length);
        host.load(program.data);
        bench.watchdog().watch(host);
        try {
            host.run(program.starts[start], hostAfter[start]);
        } finally {
            bench.watchdog().unwatch();
            host.clear(program.offset, code.length);
        }
        host.store(hostData[start]);
    }

    private boolean vendor() {
        boolean unmasked = (Values.get(program.starts[0].fx, MachineState.FCW, 2) & 0x3F) != 0x3F;
        for (Piece piece : program.pieces) {
            unmasked |= piece.op().equals("FLDCW");
        }
        for (Piece piece : program.pieces) {
            Instruction instruction = piece.instruction;
            if (instruction != null
                    && piece.kept
                    && AmdDifferences.sequence(instruction, piece.bytes, unmasked) != null) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether status flags do not count: AMD keeps those of the last comparison of a string that faults}
    private static boolean resumed(String op, MachineState ours) {
        return ours.vector != 3 && (op.equals("CMPS") || op.equals("SCAS"));
    }

    /// {@return whether the runs ended with different faults, both of which are true}
    private boolean open(MachineState host, MachineState ours) {
        for (MachineState after : List.of(host, ours)) {
            int at = program.end(after);
            Instruction instruction = at < 0 ? null : program.pieces.get(at).instruction;
            if (instruction != null && OpenFaults.both(instruction, 1, bench.amd(), host, ours)) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether both operands of CMPS fault: which is read first is open}
    private boolean twoFaults(MachineState host, MachineState ours) {
        int at = program.end(ours);
        boolean comparing = at >= 0 && program.pieces.get(at).op().equals("CMPS");
        return comparing
                && host.rip == ours.rip
                && host.vector >= 12
                && ours.vector >= 12
                && (host.address != ours.address || host.vector != ours.vector);
    }

    /// Takes as many pieces out of the last program, which differed, as it can do without and still differ.
    private void shrink() {
        boolean smaller = true;
        while (smaller) {
            smaller = false;
            for (int group = program.pieces.getLast().group; group >= 0; group--) {
                if (take(group)) {
                    smaller = true;
                }
            }
        }
        check();
    }

    private boolean take(int group) {
        boolean any = false;
        for (Piece piece : program.pieces) {
            any |= piece.group == group && piece.kept && piece.bytes[0] != (byte) 0xCC;
        }
        if (!any) {
            return false;
        }
        keep(group, false);
        if (check() == Verdict.DIFFERENT) {
            return true;
        }
        keep(group, true);
        return false;
    }

    private void keep(int group, boolean kept) {
        for (Piece piece : program.pieces) {
            if (piece.group == group) {
                piece.kept = kept;
            }
        }
    }

    /// {@return what there is to say about the last program, which differed, for people}
    String report(long seed) {
        StringBuilder text = new StringBuilder();
        text.append("sequence   %d-bit%n".formatted(program.mode)).append(program.text());
        text.append("replay     -Dcloison.seed=").append(seed).append("\n");
        shrink();
        text.append("smallest\n").append(program.text());
        differences.forEach(
                difference -> text.append("difference ").append(difference).append("\n"));
        for (int start = 0; start < STARTS; start++) {
            text.append("start ").append(start + 1).append("\n").append(Comparison.text(program.starts[start]));
            text.append("host after\n").append(Comparison.text(hostAfter[start]));
        }
        for (Run run : runs) {
            text.append(run.name).append(" after\n").append(Comparison.text(run.after));
        }
        text.append("data at 0x%x%n".formatted(place.data()));
        return text.toString();
    }

    /// {@return the last program}
    Program program() {
        return program;
    }
}

package cloison.cpu.differential;

import static org.junit.jupiter.api.Assumptions.assumeFalse;

import cloison.cpu.decode.Row;
import cloison.cpu.interpret.Engines;
import cloison.linux.cpu.HostCpu;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/// The host's processor and the engines, side by side at one [Place].
///
/// **Owner:** the thread that opened it.
final class Bench implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 10_000;

    private final HostCpu cpu;
    private final Sandbox sandbox;
    private final NativeRunner host;
    private final GuestRunner interpreter;
    private final GuestRunner hotInterpreter;
    private final GuestRunner translator;
    private final GuestRunner coldTranslator;
    private final GuestRunner hotTranslator;
    private final Watchdog watchdog = new Watchdog(PATIENCE_MILLIS);

    private Bench(HostCpu cpu) {
        this.cpu = cpu;
        sandbox = Sandbox.open();
        host = new NativeRunner(sandbox);
        interpreter = GuestRunner.interpreter(sandbox.place());
        hotInterpreter = GuestRunner.hotInterpreter(sandbox.place());
        translator = GuestRunner.translator(sandbox.place());
        coldTranslator = GuestRunner.plainTranslator(sandbox.place(), false);
        hotTranslator = GuestRunner.plainTranslator(sandbox.place(), true);
    }

    /// {@return the bench of this process; there is at most one at a time}
    ///
    /// Skips the test, with the reason, where the host cannot run instructions natively.
    ///
    /// @throws cloison.linux.HostException if the host refuses otherwise
    static Bench open() {
        assumeFalse(Engines.translated(), "all engines are compared at once");
        String refusal = NativeRunner.refusal();
        HostCpu cpu = HostCpu.probed();
        if (refusal != null || cpu == null) {
            throw new TestAbortedException("no comparison with the host's processor: " + refusal);
        }
        return new Bench(cpu);
    }

    /// {@return the name of the host's processor, for people}
    String processor() {
        return cpu.brand();
    }

    Place place() {
        return sandbox.place();
    }

    Watchdog watchdog() {
        return watchdog;
    }

    /// {@return whether the host's processor is of AMD's make}
    boolean amd() {
        return cpu.amd();
    }

    Engine host() {
        return host;
    }

    /// {@return the engines that run single cases, the interpreter first; 16-bit code is never translated}
    List<Engine> engines(int mode) {
        return mode != 16 ? List.of(interpreter, translator) : List.of(interpreter);
    }

    /// {@return the engines that run a sequence}
    List<Engine> engines(int mode, long number) {
        // each shape of a block becomes a class that stays
        if (number % 9 == 0) {
            return List.of(interpreter, hotInterpreter);
        }
        if (mode == 16) {
            return List.of(interpreter);
        }
        return switch ((int) (number % 3)) {
            case 0 -> List.of(interpreter, translator);
            case 1 -> List.of(interpreter, coldTranslator);
            default -> List.of(interpreter, hotTranslator);
        };
    }

    /// {@return the modes in which code can run here}
    int[] modes() {
        return place().sixteen() ? Case.MODES : new int[] {64, 32};
    }

    /// {@return why 16-bit code cannot run here, or null if it can}
    @Nullable
    String refusal16() {
        return sandbox.refusal16();
    }

    Differential differential() {
        return new Differential(this);
    }

    Sequences sequences() {
        return new Sequences(this);
    }

    /// {@return why `row` cannot be compared here, or null if it can}
    @Nullable
    String excluded(Row row) {
        return Exclusions.reason(row, cpu);
    }

    @Override
    public void close() {
        watchdog.close();
        interpreter.close();
        hotInterpreter.close();
        translator.close();
        coldTranslator.close();
        hotTranslator.close();
        host.close();
    }
}

package cloison.vm.run;

import cloison.hyperv.guest.CrashReport;
import cloison.hyperv.guest.GuestEvents;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Turns what a guest says of its crash into the end of its run.
///
/// Linux reports twice: parameters first, then the end of its log. The run ends with the text, or when none has come
/// some time after the parameters. A reset or power-off in between is the crash's, not an end of its own.
///
/// **Owner:** any thread.
final class CrashWatch implements GuestEvents {
    private static final long PATIENCE_NANOS = 2_000_000_000L;

    private final String name;
    private final Clock clock;
    private final TimerQueue.Timer patience;
    private final Supplier<String> registers;
    private final Consumer<Outcome> end;
    private final Consumer<String> notices;
    private @Nullable CrashReport parameters;

    /// @param registers the registers of the processor that reports, asked for on its own thread
    CrashWatch(
            String name,
            Clock clock,
            TimerQueue timers,
            Supplier<String> registers,
            Consumer<Outcome> end,
            Consumer<String> notices) {
        this.name = name;
        this.clock = clock;
        this.registers = registers;
        this.end = end;
        this.notices = notices;
        patience = timers.timer(this::giveUpWaiting);
    }

    @Override
    public synchronized void crashed(CrashReport report) {
        if (report.text() == null) {
            parameters = report;
            patience.arm(clock.nanos() + PATIENCE_NANOS);
        } else {
            patience.cancel();
            end.accept(outcome(parameters == null ? report : parameters, report.text()));
        }
    }

    private synchronized void giveUpWaiting() {
        if (parameters != null) {
            end.accept(outcome(parameters, ""));
        }
    }

    private Outcome outcome(CrashReport report, String text) {
        return new Outcome.Crashed(
                headline(text), report.withoutText() + System.lineSeparator() + registers.get() + text);
    }

    /// {@return the line that says why, for example the one of a kernel panic}
    private static String headline(String text) {
        for (String line : text.lines().toList()) {
            int at = line.indexOf("Kernel panic");
            if (at >= 0) {
                return line.substring(at);
            }
        }
        return text.lines().findFirst().orElse("the guest reported it without a text");
    }

    /// {@return the end that a power-off or reset means: a crash if one was reported before}
    synchronized Outcome unlessCrashed(Outcome otherwise) {
        return parameters == null ? otherwise : outcome(parameters, "");
    }

    @Override
    public void resetRequested() {
        end.accept(unlessCrashed(new Outcome.Reset()));
    }

    @Override
    public void misbehaved(String what) {
        notices.accept(name + ": " + what);
    }
}

package cloison.hyperv.trace;

import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.HypercallCode;
import cloison.hyperv.protocol.HypercallControl;
import cloison.hyperv.protocol.Msr;

/// The line that a trace has for an event.
public final class TraceLine {
    private TraceLine() {}

    /// {@return one line, without its end}
    ///
    /// @param nanos the partition's clock
    public static String of(long nanos, TraceEvent event) {
        return "%d.%09d %s".formatted(nanos / 1_000_000_000L, nanos % 1_000_000_000L, text(event));
    }

    private static String text(TraceEvent event) {
        return switch (event) {
            case TraceEvent.Hypercall call -> hypercall(call);
            case TraceEvent.MsrRead(int vp, int index, long value) ->
                "vp%d rdmsr %s -> 0x%x".formatted(vp, Msr.text(index), value);
            case TraceEvent.MsrWritten(int vp, int index, long value, boolean accepted) ->
                "vp%d wrmsr %s <- 0x%x%s".formatted(vp, Msr.text(index), value, accepted ? "" : " #GP");
            case TraceEvent.MsrRefused(int vp, int index) -> "vp%d rdmsr %s #GP".formatted(vp, Msr.text(index));
            case TraceEvent.MessageFromGuest(var message) -> "vmbus guest->host " + message;
            case TraceEvent.MessageToGuest(int vp, var message) -> "vmbus host->guest vp%d %s".formatted(vp, message);
        };
    }

    private static String hypercall(TraceEvent.Hypercall call) {
        long control = call.control();
        int number = HypercallControl.code(control);
        HypercallCode code = HypercallCode.of(number);
        String name = code == null ? "hypercall 0x%04x".formatted(number) : code.text();
        String input;
        if (!HypercallControl.fast(control)) {
            input = "input@0x%x output@0x%x".formatted(call.input(), call.output());
        } else if (code == HypercallCode.SIGNAL_EVENT) {
            input = "connection=0x%x flag=%d".formatted((int) call.input(), (call.input() >>> 32) & 0xFFFF);
        } else {
            input = "fast 0x%x 0x%x".formatted(call.input(), call.output());
        }
        int reps = HypercallControl.repCount(control);
        return "vp%d %s %s%s -> %s"
                .formatted(
                        call.vp(),
                        name,
                        input,
                        reps == 0 ? "" : " reps=" + reps,
                        HvStatus.text((int) call.result() & 0xFFFF));
    }
}

package cloison.hyperv.trace;

import cloison.hyperv.vmbus.protocol.GuestMessage;
import cloison.hyperv.vmbus.protocol.HostMessage;

/// Something that passed between a guest and its hypervisor.
public sealed interface TraceEvent {
    /// A hypercall and its result.
    record Hypercall(int vp, long control, long input, long output, long result) implements TraceEvent {}

    /// A synthetic register was read.
    record MsrRead(int vp, int index, long value) implements TraceEvent {}

    /// A synthetic register was written.
    ///
    /// @param accepted whether it was, or the guest got #GP
    record MsrWritten(int vp, int index, long value, boolean accepted) implements TraceEvent {}

    /// A read of a register that the guest does not have: it got #GP.
    record MsrRefused(int vp, int index) implements TraceEvent {}

    /// The VMBus server took a message of the guest.
    record MessageFromGuest(GuestMessage message) implements TraceEvent {}

    /// The VMBus server posted a message to the guest.
    record MessageToGuest(int vp, HostMessage message) implements TraceEvent {}
}

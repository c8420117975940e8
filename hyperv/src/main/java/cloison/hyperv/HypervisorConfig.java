package cloison.hyperv;

import cloison.hyperv.guest.Features;
import cloison.hyperv.time.ReferenceTime;
import cloison.hyperv.vmbus.server.VmbusLimits;

/// What a partition's hypervisor interface is like.
///
/// @param features what the guest is offered
/// @param tscHz frequency of the time-stamp counter
/// @param apicHz frequency at which the local APICs' timers count: the two must be what the guest really sees
/// @param queuedMessages SynIC messages that wait per interrupt source
/// @param vmbus what the guest may take of its host
public record HypervisorConfig(Features features, long tscHz, long apicHz, int queuedMessages, VmbusLimits vmbus) {
    /// The timer rate that Hyper-V gives its guests.
    public static final long USUAL_APIC_HZ = 200_000_000L;

    private static final int USUAL_QUEUED_MESSAGES = 16;

    /// {@return what stock guests are content with: a time-stamp counter that counts nanoseconds}
    public static HypervisorConfig standard() {
        return new HypervisorConfig(
                Features.standard(),
                ReferenceTime.NANOSECOND_TSC,
                USUAL_APIC_HZ,
                USUAL_QUEUED_MESSAGES,
                VmbusLimits.standard());
    }

    /// {@return this with other features}
    public HypervisorConfig with(Features other) {
        return new HypervisorConfig(other, tscHz, apicHz, queuedMessages, vmbus);
    }

    /// {@return this with other limits of VMBus}
    public HypervisorConfig with(VmbusLimits other) {
        return new HypervisorConfig(features, tscHz, apicHz, queuedMessages, other);
    }
}

package cloison.chipset.apic;

import cloison.chipset.isa.Frequency;

/// What local APICs of one partition have in common.
///
/// @param timer rate of the APIC timer before division: what the synthetic MSR `HV_X64_MSR_APIC_FREQUENCY` must say
/// @param timeStamp rate of the time-stamp counter
/// @param x2apic whether x2APIC mode can be entered; CPUID.1:ECX\[21\] must agree
/// @param tscDeadline whether the timer has TSC-deadline mode; CPUID.1:ECX\[24\] must agree
public record ApicConfig(Frequency timer, Frequency timeStamp, boolean x2apic, boolean tscDeadline) {
    /// The timer rate that Hyper-V gives its guests.
    public static final Frequency USUAL_TIMER = new Frequency(200_000_000);
}

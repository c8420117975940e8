/// The synthetic registers of a partition and its virtual processors, and the CPUID leaves that announce them.
///
/// Sources: TLFS, chapters *Feature and Interface Discovery*, *Hypercall Interface*, *Timers*, *Virtual Processors*,
/// *Partitions*. Left out: registers of the local APIC (EOI, ICR, TPR), guest idle, VP run time, reenlightenment,
/// debugging, nested virtualization.
package cloison.hyperv.msr;

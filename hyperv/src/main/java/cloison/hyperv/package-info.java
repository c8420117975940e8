/// The interface that a partition's guest has to its hypervisor, put together.
///
/// [HypervisorInterface] is what a machine makes per partition; the parts are in the packages below: `msr` (CPUID
/// leaves and registers), `hypercall`, `synic` (interrupts and timers), `time`, `page` (overlays), `vmbus`.
///
/// Source: Hypervisor Top Level Functional Specification (Microsoft, Virtualization-Documentation).
package cloison.hyperv;

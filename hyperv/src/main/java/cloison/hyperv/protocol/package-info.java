/// Codes, statuses and registers of the hypervisor interface: what the TLFS defines, as far as a child
/// partition meets it.
///
/// Source: Hypervisor Top Level Functional Specification, chapters *Feature and Interface Discovery*, *Hypercall
/// Interface*, *Inter-Partition Communication*, *Timers*, *Virtual Processors*, *Partitions* (Microsoft,
/// Virtualization-Documentation). Left out: everything for parents, nesting, virtual trust levels, ARM64.
package cloison.hyperv.protocol;

/// Hypercalls: the checks that the TLFS prescribes, and the calls that guests of this hypervisor make.
///
/// Source: TLFS, chapter *Hypercall Interface* and the page of each call. Left out: input and output in XMM
/// registers; the translation flushes, which the guest does by itself as long as it is not advised otherwise.
package cloison.hyperv.hypercall;

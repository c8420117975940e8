/// The synthetic interrupt controller of a virtual processor, and its synthetic timers.
///
/// Messages wait in queues here until the guest has emptied the slot of their interrupt source; event flags are
/// set in the guest's page at once. Host threads post and signal while the processor runs, so everything that
/// the guest also writes is touched with ordered and atomic accesses only.
///
/// Source: TLFS, chapters *Inter-Partition Communication* and *Timers*. Left out: intercept messages,
/// proxied interrupt sources, synthetic time-unhalted timers.
package cloison.hyperv.synic;

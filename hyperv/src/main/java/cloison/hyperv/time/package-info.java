/// The reference time of a partition, and the page that lets a guest compute it without leaving the guest.
///
/// Source: TLFS, chapter *Timers*.
package cloison.hyperv.time;

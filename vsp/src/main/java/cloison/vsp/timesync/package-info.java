/// The time synchronisation service: tells the guest the host's time, once as an order and then as samples.
///
/// ```text
///  Negotiating -- version --> order sent --(answer)--> wait for the next period --> sample sent --(answer)--> ...
/// ```
///
/// Facts: Linux `drivers/hv/hv_util.c`, OpenVMM `hyperv_ic_protocol::timesync`. Versions 4.0 (the time together with
/// the guest's reference counter, so that delays do not matter), 3.0 and 1.0 (the time alone). A guest is under an
/// order after the channel opens and after [TimesyncVsp#resynchronise], for example when a pause is over.
package cloison.vsp.timesync;

/// The shutdown service: the host asks, the guest's own init system powers it off, restarts or hibernates it.
///
/// ```text
///  Negotiating -- version --> ready --(host asks)--> request sent --(guest accepts or refuses)--> ready
/// ```
///
/// Facts: Linux `drivers/hv/hv_util.c`, OpenVMM `hyperv_ic_protocol::shutdown`. Versions 3.2, 3.1, 3.0 and 1.0;
/// restarting needs 3.1, hibernating 3.2. The guest answers before it acts: acceptance is a promise, not the end.
package cloison.vsp.shutdown;

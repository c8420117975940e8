/// The heartbeat service: asks the guest every few seconds whether it is alive.
///
/// ```text
///  Negotiating -- version --> beat sent --(answer)--> wait for the next period --> beat sent ...
///                                 +--(no answer for long)--> the guest is silent; any answer makes it alive again
/// ```
///
/// Facts: Linux `drivers/hv/hv_util.c`, OpenVMM `hyperv_ic_protocol::heartbeat`. Versions 3.0 and 1.0. The
/// application state of version 3.0 is heard where a guest reports it.
package cloison.vsp.heartbeat;

/// The key-value pair service: the host reads and enumerates the guest's pools and writes the external one.
///
/// ```text
///  Negotiating -- version --> ready --(host asks)--> one exchange, or one per item of an enumeration --> ready
/// ```
///
/// Facts: Linux `include/uapi/linux/hyperv.h`, `drivers/hv/hv_kvp.c`, `tools/hv/hv_kvp_daemon.c`, OpenVMM
/// `hyperv_ic_protocol::kvp`. Versions 4.0 and 3.0. A guest negotiates only when its daemon has registered, however
/// late that is, and answers a request itself after 30 s if the daemon does not. Left out: IP address exchange
/// (replica fail-over); the host never asks for it.
package cloison.vsp.kvp;

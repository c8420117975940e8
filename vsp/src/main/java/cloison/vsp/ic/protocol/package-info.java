/// The framing that all integration services share: pipe header, message header, version negotiation.
///
/// There is no public document of this protocol; the facts are those of the guests that speak it (Linux
/// `include/linux/hyperv.h`, `drivers/hv/channel_mgmt.c`) and of OpenVMM (`hyperv_ic_protocol`).
package cloison.vsp.ic.protocol;

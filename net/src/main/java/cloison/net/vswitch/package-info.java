/// The virtual switch: ports, learned addresses, forwarding.
///
/// ```text
///  adapter -- send --> port -> VLAN -> learn -> find -+- known ----> port -> sink -> adapter
///                                                     +- unknown --> every other port of the VLAN
/// ```
///
/// A frame is carried from the sending adapter to the sinks of the receivers on the sender's thread, without a lock.
/// What changes rarely (which ports there are) is an immutable topology that the data path reads once per frame; what
/// changes often (which address is behind which port) is a table without locks.
///
/// Documents: Windows driver documentation, *Hyper-V Extensible Switch* (switch and port types, connecting and
/// disconnecting) and *Set-VMNetworkAdapterVlan* (untagged, access and trunk mode); IEEE 802.1Q-2018, 6.9 (ingress
/// classification) and 8.6 to 8.8 (forwarding, learning and ageing; independent learning per VLAN).
/// Left out so far: external switches, extensions, port policies, private VLANs. They come between `learn` and the
/// sinks: an extension sees a frame with its source before, and with its destinations after, the forwarding
/// decision.
package cloison.net.vswitch;

/// Captures: the frames that pass a port, in a file that Wireshark reads.
///
/// Document: *PCAP Now Generic Dump File Format* (draft-ietf-opsawg-pcapng), sections 4.1 to 4.3 and 4.6: one section
/// with an interface description per port (name, nanosecond timestamps), enhanced packet blocks with direction flags,
/// and interface statistics at the end. Left out: name resolution, secrets, custom blocks.
package cloison.net.capture;

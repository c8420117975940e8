/// The provider of the synthetic network adapter.
///
/// ```text
///  opened --> Negotiating -- init --> Configuring -- receive buffer --> Connected -- initialize --> Operating
///                                        ^   ^------ revoke ---------------+                          |  |
///                                        |                                 ^--------- halt -----------+  |
///                                        +------------- revoke receive buffer ---------------------------+
/// ```
///
/// Each phase is a type that holds what exists only then, and handles its own messages. A message out of place,
/// unknown or malformed changes nothing: it is counted, and completed with a failure if the guest asked for a
/// completion.
///
/// A frame from the guest is copied once, out of the send buffer or out of the pages that the packet names, into a
/// pooled frame; the switch carries it. A frame for the guest waits in the adapter's queue and is copied once, into a
/// suballocation of the receive buffer; several go in one packet.
///
/// Documents and facts: see the `protocol` package. Limits: one channel (a request for subchannels is granted none),
/// no offloads (frames must be complete), no virtual function.
package cloison.vsp.netvsp;

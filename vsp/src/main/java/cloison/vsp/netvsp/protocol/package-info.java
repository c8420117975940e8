/// The messages of the synthetic network adapter: NVSP on the channel, RNDIS inside it, NDIS objects inside that.
///
/// Documents: *Remote NDIS Specification* ([MS-RNDIS], and the WDK's structures and OIDs); for NVSP there is no
/// public document, its facts are those of Linux (`drivers/net/hyperv/hyperv_net.h`), FreeBSD
/// (`sys/dev/hyperv/netvsc`) and OpenVMM (`netvsp/src/protocol.rs`). Left out: messages for chimney offload,
/// packet-direct queues and RNDIS connection-oriented media, which no guest uses here.
package cloison.vsp.netvsp.protocol;

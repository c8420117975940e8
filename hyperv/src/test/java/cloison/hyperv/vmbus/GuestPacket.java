package cloison.hyperv.vmbus;

/// A packet as a guest finds it in its ring from the host.
///
/// @param type one of the constants of [Packet]
/// @param extension what lies between descriptor and payload: the ranges of a transfer-page packet
/// @param payload the payload with its padding
public record GuestPacket(
        int type, boolean completionRequested, long transactionId, byte[] extension, byte[] payload) {}

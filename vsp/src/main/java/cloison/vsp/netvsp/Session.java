package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.counter.Counters;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.RndisStatus;

/// What every phase of one open channel works with.
///
/// **Owner:** the channel's thread.
record Session(NetVsp device, Channel channel, Completions completions, Counters<NetVspCounter> counters) {
    /// Answers a message that means the same in every phase in which the guest can be answered.
    void answer(NvspMessage message, Packet packet) {
        switch (message) {
            case NvspMessage.Subchannels _ -> {
                // One channel is all there is: a request is granted, with none.
                NvspMessage.subchannelsComplete(completions.reply(), NvspMessage.STATUS_SUCCESS, 0);
                completions.send(packet);
            }
            case NvspMessage.SwitchDataPath _ ->
                // The guest takes any payload for another message.
                completions.empty(packet);
            case NvspMessage.OidQuery _ -> {
                NvspMessage.oidQueryComplete(completions.reply(), RndisStatus.NOT_SUPPORTED);
                completions.send(packet);
            }
            default -> refuse(message, packet);
        }
    }

    /// Counts a message that changes nothing, and completes it with the failure that its type has.
    void refuse(NvspMessage message, Packet packet) {
        counters.increment(
                switch (message) {
                    case NvspMessage.Unknown _ -> NetVspCounter.UNKNOWN;
                    case NvspMessage.Malformed _ -> NetVspCounter.MALFORMED;
                    default -> NetVspCounter.OUT_OF_PLACE;
                });
        fail(message, packet);
    }

    /// Completes a message with the failure that its type has.
    void fail(NvspMessage message, Packet packet) {
        if (!packet.completionRequested) {
            return;
        }
        byte[] reply = completions.reply();
        switch (message) {
            case NvspMessage.Init _ ->
                NvspMessage.initComplete(reply, device.settings().newest(), 0, NvspMessage.STATUS_FAILURE);
            case NvspMessage.ReceiveBuffer _ ->
                NvspMessage.receiveBufferComplete(reply, NvspMessage.STATUS_FAILURE, 0, 0);
            case NvspMessage.SendBuffer _ -> NvspMessage.sendBufferComplete(reply, NvspMessage.STATUS_FAILURE, 0);
            case NvspMessage.RndisPacket _ -> NvspMessage.rndisComplete(reply, NvspMessage.STATUS_FAILURE);
            case NvspMessage.Subchannels _ -> NvspMessage.subchannelsComplete(reply, NvspMessage.STATUS_FAILURE, 0);
            case NvspMessage.Malformed malformed
            when malformed.type() == NvspMessage.RndisPacket.TYPE ->
                NvspMessage.rndisComplete(reply, NvspMessage.STATUS_INVALID_RNDIS);
            default -> {
                completions.empty(packet);
                return;
            }
        }
        completions.send(packet);
    }
}

package cloison.vsp.netvsp;

import cloison.machine.counter.Counter;

/// What is counted about one adapter. *Sent* is from the guest to the switch, *received* from the switch to the
/// guest.
public enum NetVspCounter implements Counter {
    OPENED("times that the guest opened the channel"),
    SENT_DIRECTED_FRAMES("frames that the guest sent to one address"),
    SENT_DIRECTED_BYTES("bytes of the frames that the guest sent to one address"),
    SENT_MULTICAST_FRAMES("frames that the guest sent to a group"),
    SENT_MULTICAST_BYTES("bytes of the frames that the guest sent to a group"),
    SENT_BROADCAST_FRAMES("frames that the guest sent to all"),
    SENT_BROADCAST_BYTES("bytes of the frames that the guest sent to all"),
    SENT_PACKETS("channel packets in which the guest sent frames"),
    SEND_DROPPED_MALFORMED("RNDIS messages with frames from the guest that contradict themselves"),
    SEND_DROPPED_LENGTH("frames from the guest that are shorter than a header or longer than agreed"),
    SEND_DROPPED_OFFLOAD("frames from the guest that need an offload that was not offered"),
    SEND_DROPPED_NO_BUFFER("frames from the guest while all buffers of its adapter were waiting in queues"),
    SEND_DROPPED_LINK("frames from the guest while its adapter had no link"),
    RECEIVED_DIRECTED_FRAMES("frames to one address that the guest got"),
    RECEIVED_DIRECTED_BYTES("bytes of the frames to one address that the guest got"),
    RECEIVED_MULTICAST_FRAMES("frames to a group that the guest got"),
    RECEIVED_MULTICAST_BYTES("bytes of the frames to a group that the guest got"),
    RECEIVED_BROADCAST_FRAMES("frames to all that the guest got"),
    RECEIVED_BROADCAST_BYTES("bytes of the frames to all that the guest got"),
    RECEIVED_PACKETS("channel packets in which the guest got frames"),
    RECEIVE_FILTERED("frames that the guest's packet filter kept out"),
    RECEIVE_DROPPED_LENGTH("frames for the guest that are longer than its receive buffer takes"),
    RECEIVE_DROPPED_CLOSED("frames that were on their way into the guest when it took its receive buffer back"),
    CONTROL_MESSAGES("RNDIS control messages"),
    CONTROL_DROPPED("RNDIS control messages refused because too many answers wait for the guest"),
    OUT_OF_PLACE("messages that do not belong into the phase in which they came"),
    UNKNOWN("messages of an unknown type"),
    MALFORMED("messages too short for their type, or that name a buffer or a place that is not there"),
    WRONG_COMPLETIONS("completions of packets that were not outstanding"),
    RING_FULL("times that the ring to the guest had no room");

    private final String sentence;

    NetVspCounter(String sentence) {
        this.sentence = sentence;
    }

    @Override
    public String sentence() {
        return sentence;
    }
}

package cloison.net.port;

import cloison.machine.counter.Counter;

/// What a switch counts at each port. *In* is from the adapter into the switch, *out* from the switch to the adapter.
public enum PortCounter implements Counter {
    FRAMES_IN("frames that the adapter sent, whatever became of them"),
    BYTES_IN("bytes of the frames that the adapter sent"),
    FRAMES_OUT("frames that the adapter took"),
    BYTES_OUT("bytes of the frames that the adapter took"),
    IN_FLOODED("frames from the adapter that went to every other port of their VLAN"),
    IN_DROPPED_MALFORMED("frames from the adapter that were too short to have an Ethernet header"),
    IN_DROPPED_SOURCE("frames from the adapter whose source address is zero or a group's"),
    IN_DROPPED_VLAN("frames from the adapter with a VLAN tag that its port does not admit"),
    IN_DROPPED_HERE("frames from the adapter whose destination is behind the same port"),
    IN_DROPPED_NOWHERE("frames from the adapter for which their VLAN had no other port"),
    IN_DROPPED_DISCONNECTED("frames that the adapter sent after the port was disconnected"),
    IN_DROPPED_BYTES("bytes of all dropped frames from the adapter"),
    OUT_DROPPED_FULL("frames for the adapter that found its queue full"),
    OUT_DROPPED_CLOSED("frames for the adapter while its driver was not ready to receive"),
    OUT_DROPPED_BYTES("bytes of all dropped frames for the adapter");

    private final String sentence;

    PortCounter(String sentence) {
        this.sentence = sentence;
    }

    @Override
    public String sentence() {
        return sentence;
    }
}

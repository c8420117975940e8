package cloison.hyperv.vmbus.server;

import cloison.machine.counter.Counter;

/// What a VMBus server counts.
public enum VmbusCounter implements Counter {
    MESSAGES_FROM_GUEST("control messages that the guest posted"),
    MESSAGES_TO_GUEST("control messages that were put into the guest's queue"),
    MESSAGES_HELD_BACK("control messages of the guest that found the queue full"),
    MESSAGES_REFUSED("control messages of the guest that were unknown, malformed or out of place"),
    SIGNALS_FROM_GUEST("events that the guest signalled to open channels"),
    SIGNALS_ASTRAY("events that the guest signalled to channels that are not open"),
    SIGNALS_TO_GUEST("events that open channels raised in the guest"),
    CHANNELS_OFFERED("channels that were offered"),
    CHANNELS_OPENED("channels that were opened"),
    CHANNELS_CLOSED("channels that were closed, by either side"),
    RINGS_BROKEN("channels whose rings the guest broke"),
    GPADLS_CREATED("GPADLs that were accepted"),
    GPADLS_REFUSED("GPADLs that were refused");

    private final String sentence;

    VmbusCounter(String sentence) {
        this.sentence = sentence;
    }

    @Override
    public String sentence() {
        return sentence;
    }
}

package cloison.vsp.ic;

import cloison.machine.counter.Counter;

/// What is counted about one integration service.
public enum IcCounter implements Counter {
    OPENED("times that the guest opened the channel"),
    AGREED("negotiations that ended with a version"),
    DISAGREED("negotiations that ended without one"),
    REQUESTS("requests sent"),
    ANSWERS("answers that belonged to the outstanding request"),
    STRAY("messages that were no answer to the outstanding request"),
    UNKNOWN("messages of an unknown kind"),
    MALFORMED("messages too short for what they say they are");

    private final String sentence;

    IcCounter(String sentence) {
        this.sentence = sentence;
    }

    @Override
    public String sentence() {
        return sentence;
    }
}

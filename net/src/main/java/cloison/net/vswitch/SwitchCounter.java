package cloison.net.vswitch;

import cloison.machine.counter.Counter;

/// What a switch counts about the addresses it learns.
public enum SwitchCounter implements Counter {
    LEARNED("addresses learned that were not known"),
    MOVED("addresses that appeared behind another port than before"),
    AGED("addresses forgotten because they had been silent for too long"),
    FORGOTTEN("addresses forgotten because their port was disconnected"),
    REFUSED_TABLE_FULL("frames whose source address was not learned because the table had no room"),
    REFUSED_PORT_FULL("frames whose source address was not learned because their port has too many already");

    private final String sentence;

    SwitchCounter(String sentence) {
        this.sentence = sentence;
    }

    @Override
    public String sentence() {
        return sentence;
    }
}

package cloison.chipset.apic;

/// How an interrupt message acts on its target: bits 10..8 of an interrupt command, of a redirection entry, of a
/// message's data and of a local vector. Plain numbers, because they come from registers on the way of each interrupt.
final class Delivery {
    static final int FIXED = 0;
    static final int LOWEST_PRIORITY = 1;
    static final int NMI = 4;
    static final int INIT = 5;
    static final int STARTUP = 6;
    static final int EXTERNAL = 7;

    private Delivery() {}

    static int of(int register) {
        return register >>> 8 & 7;
    }

    /// {@return whether the message carries a vector that becomes pending at its target}
    static boolean isVectored(int delivery) {
        return delivery == FIXED || delivery == LOWEST_PRIORITY;
    }
}

package cloison.cpu.interpret;

/// Canonical addresses: bits 63 to 47 are equal.
final class Canonical {
    private Canonical() {}

    static boolean is(long address) {
        return address << 16 >> 16 == address;
    }
}

package cloison.net.frame;

import java.util.function.Predicate;

/// An Ethernet address of 48 bits.
///
/// @param bits the address; the first byte on the wire is the most significant of the six
public record MacAddress(long bits) {
    /// Bytes on the wire.
    public static final int SIZE = 6;

    /// All ones.
    public static final MacAddress BROADCAST = new MacAddress(0xFFFF_FFFF_FFFFL);

    /// The first three bytes of addresses that a Hyper-V host hands out.
    private static final long HOST_PREFIX = 0x00155DL << 24;

    private static final long GROUP_BIT = 0x0100_0000_0000L;

    /// An address of 48 bits.
    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("not 48 bits: " + Long.toHexString(bits));
        }
    }

    /// {@return the address of an adapter as an operator wrote it, for example `00:15:5d:00:00:01` or
    /// `00-15-5D-00-00-01`}
    ///
    /// @throws IllegalArgumentException with one line for the operator, if it is malformed, zero or a group address
    public static MacAddress parse(String text) {
        long bits = 0;
        boolean formed = text.length() == 17 && (text.charAt(2) == ':' || text.charAt(2) == '-');
        for (int i = 0; formed && i < 17; i++) {
            if (i % 3 == 2) {
                formed = text.charAt(i) == text.charAt(2);
            } else {
                int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
                formed = digit >= 0;
                bits = bits << 4 | digit;
            }
        }
        if (!formed) {
            throw new IllegalArgumentException("MAC address '" + text
                    + "' is malformed: write six pairs of hex digits, for example 00:15:5d:00:00:01");
        }
        if (bits == 0) {
            throw new IllegalArgumentException(
                    "MAC address '" + text + "' is all zero: give the adapter an address of its own");
        }
        if (group(bits)) {
            throw new IllegalArgumentException("MAC address '" + text
                    + "' is a group address: the second hex digit of an adapter's address must be even");
        }
        return new MacAddress(bits);
    }

    /// {@return an address 00:15:5d:xx:xx:xx for the adapter called `identity`: the same for the same name, unless
    /// it is taken}
    ///
    /// @param taken whether an address is already in use
    public static MacAddress choose(String identity, Predicate<MacAddress> taken) {
        int low = identity.hashCode() * 0x9E3779B1 >>> 8;
        for (int i = 0; i < 1 << 24; i++) {
            MacAddress candidate = new MacAddress(HOST_PREFIX | (low + i & 0xFF_FFFF));
            if (!taken.test(candidate)) {
                return candidate;
            }
        }
        throw new IllegalStateException("every address 00:15:5d:xx:xx:xx is taken");
    }

    /// {@return the address in the six bytes at `at`}
    public static MacAddress decode(byte[] from, int at) {
        return new MacAddress(bits(from, at));
    }

    /// {@return the 48 bits in the six bytes at `at`}
    public static long bits(byte[] from, int at) {
        return (from[at] & 0xFFL) << 40
                | (from[at + 1] & 0xFFL) << 32
                | (from[at + 2] & 0xFFL) << 24
                | (from[at + 3] & 0xFFL) << 16
                | (from[at + 4] & 0xFFL) << 8
                | (from[at + 5] & 0xFFL);
    }

    /// {@return whether an address of 48 bits names a group: multicast or broadcast}
    public static boolean group(long bits) {
        return (bits & GROUP_BIT) != 0;
    }

    /// {@return whether this names a group: multicast or broadcast}
    public boolean group() {
        return group(bits);
    }

    /// Writes the six bytes at `at`.
    public void encode(byte[] to, int at) {
        for (int i = 0; i < SIZE; i++) {
            to[at + i] = (byte) (bits >>> 40 - 8 * i);
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (bits >>> shift) & 0xFF;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}

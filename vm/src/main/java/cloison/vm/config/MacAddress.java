package cloison.vm.config;

/// The 48-bit hardware address of a network adapter.
///
/// @param bits the address, its first octet in bits 47..40
public record MacAddress(long bits) {
    /// Bytes of an address.
    public static final int SIZE = 6;

    /// The first three octets of the addresses that are given out when none is asked for.
    private static final long DEFAULT_PREFIX = 0x00155dL << 24;

    private static final long GROUP_BIT = 1L << 40;

    /// Refuses what can not be the address of one adapter.
    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new ConfigurationException("a MAC address has 48 bits, not 0x" + Long.toHexString(bits));
        }
        if ((bits & GROUP_BIT) != 0 || bits == 0) {
            throw new ConfigurationException("the MAC address " + text(bits)
                    + " is not the address of one adapter; the first octet must be even and not all octets zero");
        }
    }

    /// {@return the address written as `text`, six octets in hexadecimal with `:` or `-` between them}
    public static MacAddress of(String text) {
        if (!text.matches("\\p{XDigit}{2}([:-]\\p{XDigit}{2}){5}")) {
            throw new ConfigurationException(
                    "the MAC address '" + text + "' is malformed; write it like 00:15:5d:00:00:01");
        }
        return new MacAddress(Long.parseLong(text.replaceAll("[:-]", ""), 16));
    }

    /// {@return the address number `number` of those that are given out when none is asked for, `00:15:5d:xx:xx:xx`}
    public static MacAddress numbered(int number) {
        if (number < 0 || number > 0xff_ffff) {
            throw new ConfigurationException("there are 2^24 default MAC addresses, and none has the number " + number);
        }
        return new MacAddress(DEFAULT_PREFIX | number);
    }

    /// {@return the six octets in the order of the wire}
    public byte[] octets() {
        byte[] octets = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            octets[i] = (byte) (bits >>> (40 - 8 * i));
        }
        return octets;
    }

    @Override
    public String toString() {
        return text(bits);
    }

    private static String text(long bits) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (bits >>> shift) & 0xff;
            text.append(Character.forDigit(octet >> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}

package cloison.hyperv.vmbus.protocol;

import org.jspecify.annotations.Nullable;

/// A version of the VMBus protocol that this host speaks.
public enum VmbusVersion {
    /// Windows 8. Linux: `VERSION_WIN8`.
    V2_4(2, 4),
    /// Windows 8.1. Linux: `VERSION_WIN8_1`.
    V3_0(3, 0),
    /// Windows 10: connections to sockets. Linux: `VERSION_WIN10`.
    V4_0(4, 0),
    /// Windows 10: channels that move to another processor. Linux: `VERSION_WIN10_V4_1`.
    V4_1(4, 1),
    /// Windows 10: the guest chooses the interrupt source. Linux: `VERSION_WIN10_V5`.
    V5_0(5, 0),
    /// Windows 10. Linux: `VERSION_WIN10_V5_1`.
    V5_1(5, 1),
    /// Windows 10. Linux: `VERSION_WIN10_V5_2`.
    V5_2(5, 2),
    /// Windows Server 2022: moves of channels are answered. Linux: `VERSION_WIN10_V5_3`.
    V5_3(5, 3);

    private final int number;

    VmbusVersion(int major, int minor) {
        number = major << 16 | minor;
    }

    /// {@return the version with this number, or null}
    public static @Nullable VmbusVersion of(int number) {
        for (VmbusVersion version : values()) {
            if (version.number == number) {
                return version;
            }
        }
        return null;
    }

    /// {@return the number on the wire: major in the upper half, minor in the lower}
    public int number() {
        return number;
    }

    /// {@return whether this is `other` or later}
    public boolean atLeast(VmbusVersion other) {
        return ordinal() >= other.ordinal();
    }

    /// {@return a version number for people}
    public static String text(int number) {
        return (number >>> 16) + "." + (number & 0xFFFF);
    }
}

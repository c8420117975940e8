package cloison.vsp.netvsp.protocol;

import org.jspecify.annotations.Nullable;

/// A version of NVSP, as it is on the wire.
public enum NvspVersion {
    /// Windows Server 2008.
    V1(0x0000_0002),
    /// Windows Server 2008 R2: adds the NDIS configuration.
    V2(0x0003_0002),
    /// Windows Server 2012: adds virtual functions.
    V4(0x0004_0000),
    /// Windows Server 2012 R2: adds subchannels.
    V5(0x0005_0000),
    /// Windows Server 2016.
    V6(0x0006_0000),
    /// Windows Server 2019: adds receive segment coalescing.
    V6_1(0x0006_0001);

    private final int code;

    NvspVersion(int code) {
        this.code = code;
    }

    /// {@return the version on the wire}
    public int code() {
        return code;
    }

    /// {@return the version with this code, or null}
    public static @Nullable NvspVersion of(int code) {
        for (NvspVersion version : values()) {
            if (version.code == code) {
                return version;
            }
        }
        return null;
    }

    /// {@return whether this has what came with `other`}
    public boolean atLeast(NvspVersion other) {
        return compareTo(other) >= 0;
    }
}

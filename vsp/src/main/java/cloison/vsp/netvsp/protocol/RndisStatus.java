package cloison.vsp.netvsp.protocol;

/// Status codes of RNDIS answers and indications.
public final class RndisStatus {
    public static final int SUCCESS = 0;
    /// Linux: `RNDIS_STATUS_NOT_SUPPORTED`.
    public static final int NOT_SUPPORTED = 0xC000_00BB;
    /// Linux: `RNDIS_STATUS_INVALID_LENGTH`.
    public static final int INVALID_LENGTH = 0xC001_0014;
    /// Linux: `RNDIS_STATUS_INVALID_DATA`.
    public static final int INVALID_DATA = 0xC001_0015;
    /// Linux: `RNDIS_STATUS_INVALID_OID`.
    public static final int INVALID_OID = 0xC001_0017;
    /// Linux: `RNDIS_STATUS_MEDIA_CONNECT`.
    public static final int MEDIA_CONNECT = 0x4001_000B;
    /// Linux: `RNDIS_STATUS_MEDIA_DISCONNECT`.
    public static final int MEDIA_DISCONNECT = 0x4001_000C;

    private RndisStatus() {}
}

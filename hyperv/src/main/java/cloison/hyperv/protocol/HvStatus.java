package cloison.hyperv.protocol;

/// Statuses that hypercalls return. TLFS: `HV_STATUS`.
public final class HvStatus {
    public static final int SUCCESS = 0;
    public static final int INVALID_HYPERCALL_CODE = 2;
    public static final int INVALID_HYPERCALL_INPUT = 3;
    public static final int INVALID_ALIGNMENT = 4;
    public static final int INVALID_PARAMETER = 5;
    public static final int ACCESS_DENIED = 6;
    public static final int INVALID_VP_INDEX = 0xE;
    public static final int INVALID_CONNECTION_ID = 0x12;
    public static final int INSUFFICIENT_BUFFERS = 0x13;
    public static final int INVALID_SYNIC_STATE = 0x18;

    private HvStatus() {}

    /// {@return the status for people}
    public static String text(int status) {
        return switch (status) {
            case SUCCESS -> "success";
            case INVALID_HYPERCALL_CODE -> "invalid hypercall code";
            case INVALID_HYPERCALL_INPUT -> "invalid hypercall input";
            case INVALID_ALIGNMENT -> "invalid alignment";
            case INVALID_PARAMETER -> "invalid parameter";
            case ACCESS_DENIED -> "access denied";
            case INVALID_VP_INDEX -> "invalid VP index";
            case INVALID_CONNECTION_ID -> "invalid connection id";
            case INSUFFICIENT_BUFFERS -> "insufficient buffers";
            case INVALID_SYNIC_STATE -> "invalid SynIC state";
            default -> "status 0x%x".formatted(status);
        };
    }
}

package cloison.hyperv.protocol;

import org.jspecify.annotations.Nullable;

/// The hypercalls that are implemented, and the form of their input.
public enum HypercallCode {
    /// Asserts a fixed interrupt on the processors of a mask.
    SEND_SYNTHETIC_CLUSTER_IPI(0x0B, "HvCallSendSyntheticClusterIpi", 16, true, false),
    /// Asserts a fixed interrupt on a set of processors.
    SEND_SYNTHETIC_CLUSTER_IPI_EX(0x15, "HvCallSendSyntheticClusterIpiEx", 24, false, true),
    /// Posts a message to a connection.
    POST_MESSAGE(0x5C, "HvCallPostMessage", 256, false, false),
    /// Sets an event flag at the other end of a connection.
    SIGNAL_EVENT(0x5D, "HvCallSignalEvent", 8, true, false);

    /// The largest variable header that an implemented call makes sense of, in 8-byte units.
    public static final int LARGEST_VARIABLE_HEADER = 64;

    private final int code;
    private final String text;
    private final int inputSize;
    private final boolean fastAllowed;
    private final boolean variable;

    HypercallCode(int code, String text, int inputSize, boolean fastAllowed, boolean variable) {
        this.code = code;
        this.text = text;
        this.inputSize = inputSize;
        this.fastAllowed = fastAllowed;
        this.variable = variable;
    }

    /// {@return the hypercall with this call code, or null}
    public static @Nullable HypercallCode of(int code) {
        return switch (code) {
            case 0x0B -> SEND_SYNTHETIC_CLUSTER_IPI;
            case 0x15 -> SEND_SYNTHETIC_CLUSTER_IPI_EX;
            case 0x5C -> POST_MESSAGE;
            case 0x5D -> SIGNAL_EVENT;
            default -> null;
        };
    }

    /// {@return the call code}
    public int code() {
        return code;
    }

    /// {@return the TLFS's name}
    public String text() {
        return text;
    }

    /// {@return bytes of the fixed part of the input block}
    public int inputSize() {
        return inputSize;
    }

    /// {@return whether the input may be in registers}
    public boolean fastAllowed() {
        return fastAllowed;
    }

    /// {@return whether the input block may be longer than its fixed part}
    public boolean variable() {
        return variable;
    }
}

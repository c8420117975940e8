package cloison.hyperv.protocol;

import org.jspecify.annotations.Nullable;

/// The hypercalls that are implemented, and the form of their input.
public enum HypercallCode {
    /// Flushes translations of an address space on the processors of a mask.
    FLUSH_VIRTUAL_ADDRESS_SPACE(0x02, "HvCallFlushVirtualAddressSpace", 24, false, false, false),
    /// Flushes translations of pages on the processors of a mask.
    FLUSH_VIRTUAL_ADDRESS_LIST(0x03, "HvCallFlushVirtualAddressList", 24, false, false, true),
    /// Says that the processor has waited for a lock for long.
    NOTIFY_LONG_SPIN_WAIT(0x08, "HvCallNotifyLongSpinWait", 8, true, false, false),
    /// Asserts a fixed interrupt on the processors of a mask.
    SEND_SYNTHETIC_CLUSTER_IPI(0x0B, "HvCallSendSyntheticClusterIpi", 16, true, false, false),
    /// Flushes translations of an address space on a set of processors.
    FLUSH_VIRTUAL_ADDRESS_SPACE_EX(0x13, "HvCallFlushVirtualAddressSpaceEx", 32, false, true, false),
    /// Flushes translations of pages on a set of processors.
    FLUSH_VIRTUAL_ADDRESS_LIST_EX(0x14, "HvCallFlushVirtualAddressListEx", 32, false, true, true),
    /// Asserts a fixed interrupt on a set of processors.
    SEND_SYNTHETIC_CLUSTER_IPI_EX(0x15, "HvCallSendSyntheticClusterIpiEx", 24, false, true, false),
    /// Posts a message to a connection.
    POST_MESSAGE(0x5C, "HvCallPostMessage", 256, false, false, false),
    /// Sets an event flag at the other end of a connection.
    SIGNAL_EVENT(0x5D, "HvCallSignalEvent", 8, true, false, false);

    /// The largest variable header that an implemented call makes sense of, in 8-byte units.
    public static final int LARGEST_VARIABLE_HEADER = 64;

    private final int code;
    private final String text;
    private final int inputSize;
    private final boolean fastAllowed;
    private final boolean variable;
    private final boolean repeats;

    HypercallCode(int code, String text, int inputSize, boolean fastAllowed, boolean variable, boolean repeats) {
        this.code = code;
        this.text = text;
        this.inputSize = inputSize;
        this.fastAllowed = fastAllowed;
        this.variable = variable;
        this.repeats = repeats;
    }

    /// {@return the hypercall with this call code, or null}
    public static @Nullable HypercallCode of(int code) {
        return switch (code) {
            case 0x02 -> FLUSH_VIRTUAL_ADDRESS_SPACE;
            case 0x03 -> FLUSH_VIRTUAL_ADDRESS_LIST;
            case 0x08 -> NOTIFY_LONG_SPIN_WAIT;
            case 0x0B -> SEND_SYNTHETIC_CLUSTER_IPI;
            case 0x13 -> FLUSH_VIRTUAL_ADDRESS_SPACE_EX;
            case 0x14 -> FLUSH_VIRTUAL_ADDRESS_LIST_EX;
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

    /// {@return whether it repeats, once for each of the 8-byte elements that follow its input}
    public boolean repeats() {
        return repeats;
    }
}

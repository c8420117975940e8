package cloison.hyperv.hypercall;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.HypercallCode;
import cloison.hyperv.protocol.HypercallControl;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;

/// The hypercalls of one partition.
///
/// The input block is copied out of guest memory once and then checked. All calls that exist are simple ones
/// without output: the result is a status.
///
/// **Owner:** any virtual processor's thread, each with its own input buffer.
public final class HypercallDispatcher {
    private static final int LARGEST_INPUT =
            HypercallCode.POST_MESSAGE.inputSize() + 8 * HypercallCode.LARGEST_VARIABLE_HEADER;
    private static final int LARGEST_PAYLOAD = 240;
    private static final int MESSAGE_PAYLOAD = 16;
    private static final int FIRST_VECTOR = 16;
    private static final int LAST_VECTOR = 255;
    private static final long SPARSE_SET = 0;
    private static final long ALL_PROCESSORS = 1;
    private static final int BANK_SIZE = 64;

    private final GuestMemory memory;
    private final Features features;
    private final Connections connections;
    private final VectorSink[] processors;
    private final byte[][] inputs;

    /// The hypercalls of a partition with these processors.
    public HypercallDispatcher(
            GuestMemory memory, Features features, Connections connections, VectorSink[] processors) {
        this.memory = memory;
        this.features = features;
        this.connections = connections;
        this.processors = processors.clone();
        inputs = new byte[processors.length][LARGEST_INPUT];
    }

    /// {@return the result value of a hypercall made by virtual processor `vp`}
    public long call(int vp, long control, long input, long output) {
        if (HypercallControl.malformed(control)) {
            return HvStatus.INVALID_HYPERCALL_INPUT;
        }
        HypercallCode code = HypercallCode.of(HypercallControl.code(control));
        if (code == null) {
            return HvStatus.INVALID_HYPERCALL_CODE;
        }
        int variable = HypercallControl.variableHeader(control);
        if (HypercallControl.repCount(control) != 0
                || HypercallControl.repStart(control) != 0
                || (variable != 0 && !code.variable())
                || variable > HypercallCode.LARGEST_VARIABLE_HEADER) {
            return HvStatus.INVALID_HYPERCALL_INPUT;
        }
        byte[] block = inputs[vp];
        int size = code.inputSize() + 8 * variable;
        if (HypercallControl.fast(control)) {
            if (!code.fastAllowed()) {
                return HvStatus.INVALID_HYPERCALL_INPUT;
            }
            Wire.put64(block, 0, input);
            Wire.put64(block, 8, output);
        } else if ((input & 7) != 0
                || (input & (GuestMemory.PAGE_SIZE - 1)) + size > GuestMemory.PAGE_SIZE
                || !memory.read(input, block, 0, size)) {
            return HvStatus.INVALID_ALIGNMENT;
        }
        return switch (code) {
            case POST_MESSAGE -> postMessage(block);
            case SIGNAL_EVENT -> signalEvent(block);
            case SEND_SYNTHETIC_CLUSTER_IPI -> sendIpi(block);
            case SEND_SYNTHETIC_CLUSTER_IPI_EX -> sendIpiEx(block, variable);
        };
    }

    /// ```text
    ///  0            4      8      12     16             256
    ///  +------------+------+------+------+--------------+
    ///  | connection | zero | type | size | payload      |
    ///  +------------+------+------+------+--------------+
    /// ```
    private int postMessage(byte[] block) {
        if (!features.has(Feature.POST_MESSAGES)) {
            return HvStatus.ACCESS_DENIED;
        }
        int type = Wire.i32(block, 8);
        long size = Wire.u32(block, 12);
        if (type <= 0 || size > LARGEST_PAYLOAD) {
            return HvStatus.INVALID_PARAMETER;
        }
        return connections.postMessage(Wire.i32(block, 0), type, block, MESSAGE_PAYLOAD, (int) size);
    }

    /// ```text
    ///  0            4      6      8
    ///  +------------+------+------+
    ///  | connection | flag | zero |
    ///  +------------+------+------+
    /// ```
    private int signalEvent(byte[] block) {
        if (!features.has(Feature.SIGNAL_EVENTS)) {
            return HvStatus.ACCESS_DENIED;
        }
        return connections.signalEvent(Wire.i32(block, 0), Wire.u16(block, 4));
    }

    /// ```text
    ///  0        4       5      8                16
    ///  +--------+-------+------+----------------+
    ///  | vector | level | zero | processor mask |
    ///  +--------+-------+------+----------------+
    /// ```
    private int sendIpi(byte[] block) {
        long vector = Wire.u32(block, 0);
        if (vector < FIRST_VECTOR || vector > LAST_VECTOR || Wire.u8(block, 4) != 0) {
            return HvStatus.INVALID_PARAMETER;
        }
        assertVector((int) vector, 0, Wire.u64(block, 8));
        return HvStatus.SUCCESS;
    }

    /// ```text
    ///  0        4       5      8        16           24
    ///  +--------+-------+------+--------+------------+------------------+
    ///  | vector | level | zero | format | bank mask  | a mask per bank… |
    ///  +--------+-------+------+--------+------------+------------------+
    /// ```
    private int sendIpiEx(byte[] block, int banks) {
        long vector = Wire.u32(block, 0);
        if (vector < FIRST_VECTOR || vector > LAST_VECTOR || Wire.u8(block, 4) != 0) {
            return HvStatus.INVALID_PARAMETER;
        }
        long format = Wire.u64(block, 8);
        long bankMask = Wire.u64(block, 16);
        if (format == ALL_PROCESSORS) {
            for (VectorSink processor : processors) {
                processor.assertVector((int) vector);
            }
            return HvStatus.SUCCESS;
        }
        if (format != SPARSE_SET || Long.bitCount(bankMask) != banks) {
            return HvStatus.INVALID_PARAMETER;
        }
        int at = HypercallCode.SEND_SYNTHETIC_CLUSTER_IPI_EX.inputSize();
        for (long left = bankMask; left != 0; left &= left - 1, at += 8) {
            assertVector((int) vector, BANK_SIZE * Long.numberOfTrailingZeros(left), Wire.u64(block, at));
        }
        return HvStatus.SUCCESS;
    }

    private void assertVector(int vector, int first, long mask) {
        for (long left = mask; left != 0; left &= left - 1) {
            int processor = first + Long.numberOfTrailingZeros(left);
            if (processor < processors.length) {
                processors[processor].assertVector(vector);
            }
        }
    }
}

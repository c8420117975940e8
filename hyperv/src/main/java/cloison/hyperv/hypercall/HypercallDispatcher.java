package cloison.hyperv.hypercall;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.HypercallCode;
import cloison.hyperv.protocol.HypercallControl;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;

/// The hypercalls of one partition.
///
/// The input block is copied out of guest memory once and then checked. No call that exists has an output: the result
/// is a status, and for a call that repeats how many repetitions were done.
///
/// **Owner:** any virtual processor's thread, each with its own input buffer.
public final class HypercallDispatcher {
    private static final int LARGEST_PAYLOAD = 240;
    private static final int MESSAGE_PAYLOAD = 16;
    private static final int FIRST_VECTOR = 16;
    private static final int LAST_VECTOR = 255;

    private final GuestMemory memory;
    private final Features features;
    private final Connections connections;
    private final VectorSink[] processors;
    private final byte[][] inputs;
    private final ProcessorSets[] sets;
    private final FlushCalls flushes;

    /// The hypercalls of a partition with these processors.
    public HypercallDispatcher(
            GuestMemory memory,
            Features features,
            Connections connections,
            VectorSink[] processors,
            ProcessorControl control) {
        this.memory = memory;
        this.features = features;
        this.connections = connections;
        this.processors = processors.clone();
        // an input is in one page
        inputs = new byte[processors.length][GuestMemory.PAGE_SIZE];
        sets = new ProcessorSets[processors.length];
        for (int vp = 0; vp < sets.length; vp++) {
            sets[vp] = new ProcessorSets(processors.length);
        }
        flushes = new FlushCalls(processors.length, control);
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
        int count = HypercallControl.repCount(control);
        int start = HypercallControl.repStart(control);
        if ((code.repeats() ? count == 0 || start >= count : count != 0 || start != 0)
                || (variable != 0 && !code.variable())
                || variable > HypercallCode.LARGEST_VARIABLE_HEADER) {
            return HvStatus.INVALID_HYPERCALL_INPUT;
        }
        byte[] block = inputs[vp];
        int header = code.inputSize() + 8 * variable;
        int size = header + 8 * count;
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
        int status = switch (code) {
            case POST_MESSAGE -> postMessage(block);
            case SIGNAL_EVENT -> signalEvent(block);
            case NOTIFY_LONG_SPIN_WAIT -> yieldProcessor();
            case SEND_SYNTHETIC_CLUSTER_IPI -> sendIpi(vp, block);
            case SEND_SYNTHETIC_CLUSTER_IPI_EX -> sendIpiEx(vp, block, variable);
            case FLUSH_VIRTUAL_ADDRESS_SPACE, FLUSH_VIRTUAL_ADDRESS_LIST ->
                flushes.masked(vp, block, header, start, count, sets[vp]);
            case FLUSH_VIRTUAL_ADDRESS_SPACE_EX, FLUSH_VIRTUAL_ADDRESS_LIST_EX ->
                flushes.sparse(vp, block, variable, header, start, count, sets[vp]);
        };
        return status == HvStatus.SUCCESS ? HypercallControl.completed(count) : status;
    }

    /// The processor waits for a lock that another one holds, which perhaps does not run for lack of ours.
    private static int yieldProcessor() {
        Thread.yield();
        return HvStatus.SUCCESS;
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
    private int sendIpi(int vp, byte[] block) {
        long vector = Wire.u32(block, 0);
        if (vector < FIRST_VECTOR || vector > LAST_VECTOR || Wire.u8(block, 4) != 0) {
            return HvStatus.INVALID_PARAMETER;
        }
        assertVector((int) vector, sets[vp].mask(Wire.u64(block, 8)));
        return HvStatus.SUCCESS;
    }

    /// ```text
    ///  0        4       5      8
    ///  +--------+-------+------+---------------+
    ///  | vector | level | zero | processor set |
    ///  +--------+-------+------+---------------+
    /// ```
    private int sendIpiEx(int vp, byte[] block, int banks) {
        long vector = Wire.u32(block, 0);
        if (vector < FIRST_VECTOR || vector > LAST_VECTOR || Wire.u8(block, 4) != 0 || !sets[vp].set(block, 8, banks)) {
            return HvStatus.INVALID_PARAMETER;
        }
        assertVector((int) vector, sets[vp].taken());
        return HvStatus.SUCCESS;
    }

    private void assertVector(int vector, long[] to) {
        for (int word = 0; word < to.length; word++) {
            for (long left = to[word]; left != 0; left &= left - 1) {
                processors[word * Long.SIZE + Long.numberOfTrailingZeros(left)].assertVector(vector);
            }
        }
    }
}

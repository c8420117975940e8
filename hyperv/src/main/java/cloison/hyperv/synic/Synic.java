package cloison.hyperv.synic;

import cloison.hyperv.page.OverlayRegister;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.time.ReferenceTime;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestPages;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/// The synthetic interrupt controller of one virtual processor.
///
/// An event that arrives while its source cannot take it (controller or page disabled, source masked) is kept
/// and raised when it can. So is a message, as far as the queue of its source reaches; and the interrupt of a
/// message that was put into its slot while the source was masked.
///
/// **Owner:** registers are the virtual processor's thread's; [#post], [#signal] and [#endOfInterrupt] may come from
/// any thread. The monitor guards registers and queues and is never held while an interrupt is asserted; the
/// way of an event to a source that takes it needs no monitor.
public final class Synic {
    /// Interrupt sources of a processor.
    public static final int SOURCES = 16;
    /// Event flags of a source.
    public static final int FLAGS = 2048;
    /// The largest payload of a message.
    public static final int LARGEST_PAYLOAD = MessagePage.PAYLOAD_SIZE;

    private static final int VERSION = 1;
    private static final int FIRST_VECTOR = 16;
    private static final long MASKED = 1L << 16;
    private static final long AUTO_EOI = 1L << 17;
    private static final long POLLING = 1L << 18;
    private static final int FLAGS_SIZE = FLAGS / 8;

    // wiring
    private final OverlayRegister simp;
    private final OverlayRegister siefp;
    private final VectorSink sink;
    private final ReferenceTime time;
    private final int queueLimit;
    private final long polling;
    private final Runnable room;
    private final MessagePage messages;
    private final GuestPages flags;

    // registers
    private final AtomicLongArray sints = new AtomicLongArray(SOURCES);
    private long scontrol;

    // state
    private volatile int takesEvents; // a bit per source: enabled, with a page, not masked
    private volatile int queuedSources; // a bit per source: its queue is not empty
    private int silentSources; // a bit per source: its slot was filled without an interrupt
    private boolean refused;
    private final @Nullable Queue<QueuedMessage>[] queues = newQueues();
    private final int[] @Nullable [] keptFlags = new int[SOURCES] @Nullable [];

    /// The controller of one processor.
    ///
    /// @param sink the processor's local APIC
    /// @param queueLimit messages that may wait per source
    /// @param pollingAllowed whether a source may be polled; if not, its bit means nothing
    /// @param room told, on any thread, when a queue that had refused a message has room again
    public Synic(
            OverlayRegister simp,
            OverlayRegister siefp,
            VectorSink sink,
            ReferenceTime time,
            int queueLimit,
            boolean pollingAllowed,
            Runnable room) {
        this.simp = simp;
        this.siefp = siefp;
        this.sink = sink;
        this.time = time;
        this.queueLimit = queueLimit;
        polling = pollingAllowed ? POLLING : 0;
        this.room = room;
        messages = new MessagePage(simp.page());
        flags = siefp.page();
        resetSources();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static @Nullable Queue<QueuedMessage>[] newQueues() {
        return new Queue[SOURCES];
    }

    // registers

    /// {@return whether MSR `index` is one of this controller's}
    public static boolean owns(int index) {
        return (index >= Msr.SCONTROL && index <= Msr.EOM) || (index >= Msr.SINT0 && index <= Msr.SINT15);
    }

    /// {@return the value of a register that the controller [#owns]}
    public synchronized long read(int index) {
        return switch (index) {
            case Msr.SCONTROL -> scontrol;
            case Msr.SVERSION -> VERSION;
            case Msr.SIEFP -> siefp.value();
            case Msr.SIMP -> simp.value();
            case Msr.EOM -> 0;
            default -> sints.get(index - Msr.SINT0);
        };
    }

    /// Writes a register that the controller [#owns]; {@return false for #GP}
    public boolean write(int index, long value) {
        int assertable;
        synchronized (this) {
            switch (index) {
                case Msr.SCONTROL -> scontrol = value;
                case Msr.SVERSION -> {
                    return false;
                }
                case Msr.SIEFP -> siefp.write(value);
                case Msr.SIMP -> simp.write(value);
                case Msr.EOM -> {}
                default -> {
                    if ((value & (MASKED | polling)) == 0 && (value & 0xFF) < FIRST_VECTOR) {
                        return false;
                    }
                    sints.set(index - Msr.SINT0, value);
                }
            }
            assertable = updateEvents() | deliver() | unsilence();
        }
        raise(assertable);
        tellRoom();
        return true;
    }

    private boolean enabled() {
        return (scontrol & 1) != 0;
    }

    private boolean masked(int sint) {
        return (sints.get(sint) & (MASKED | polling)) == MASKED;
    }

    /// Recomputes which sources take events, and sets the flags that were kept for those that now do.
    ///
    /// @return the sources that take events from now on and have flags set
    private int updateEvents() {
        int before = takesEvents;
        int now = 0;
        if (enabled() && siefp.enabled()) {
            for (int sint = 0; sint < SOURCES; sint++) {
                now |= masked(sint) ? 0 : 1 << sint;
            }
        }
        takesEvents = now;
        int raised = 0;
        for (int left = now & ~before; left != 0; left &= left - 1) {
            int sint = Integer.numberOfTrailingZeros(left);
            if (bringKeptFlags(sint)) {
                raised |= 1 << sint;
            }
        }
        return raised;
    }

    private boolean bringKeptFlags(int sint) {
        int[] kept = keptFlags[sint];
        keptFlags[sint] = null;
        boolean any = false;
        for (int word = 0; word < FLAGS / 32; word++) {
            int bits = kept == null ? 0 : kept[word];
            any |= (flags.getAndOr((long) sint * FLAGS_SIZE + 4L * word, bits) | bits) != 0;
        }
        return any;
    }

    /// {@return the unmasked sources whose slot was filled without an interrupt and is still full}
    private int unsilence() {
        int raised = 0;
        for (int left = silentSources; left != 0; left &= left - 1) {
            int sint = Integer.numberOfTrailingZeros(left);
            if (!masked(sint)) {
                silentSources &= ~(1 << sint);
                raised |= messages.empty(sint) ? 0 : 1 << sint;
            }
        }
        return raised;
    }

    // events

    /// Sets event flag `flag` of source `sint` and interrupts the processor if it was clear.
    ///
    /// @return success, or that the source cannot take events now; then the event is kept until it can
    public int signal(int sint, int flag) {
        if ((takesEvents & 1 << sint) == 0) {
            synchronized (this) {
                if ((takesEvents & 1 << sint) == 0) {
                    keep(sint, flag);
                    return HvStatus.INVALID_SYNIC_STATE;
                }
            }
        }
        int bit = 1 << (flag & 31);
        int before = flags.getAndOr((long) sint * FLAGS_SIZE + 4L * (flag >>> 5), bit);
        if ((before & bit) == 0) {
            interrupt(sint);
        }
        return HvStatus.SUCCESS;
    }

    private void keep(int sint, int flag) {
        int[] kept = keptFlags[sint];
        if (kept == null) {
            kept = new int[FLAGS / 32];
            keptFlags[sint] = kept;
        }
        kept[flag >>> 5] |= 1 << (flag & 31);
    }

    // messages

    /// Posts a message to source `sint`.
    ///
    /// @return success, or insufficient buffers: then `room` is told when it is worth trying again
    public int post(int sint, int type, long origin, byte[] payload) {
        int assertable;
        synchronized (this) {
            Queue<QueuedMessage> queue = queue(sint);
            if (queue.size() >= queueLimit) {
                refused = true;
                return HvStatus.INSUFFICIENT_BUFFERS;
            }
            enqueue(sint, queue, new QueuedMessage.Posted(type, origin, payload));
            assertable = deliver(sint);
        }
        raise(assertable);
        return HvStatus.SUCCESS;
    }

    /// Posts the expiration message of a timer; {@return false if its last one is not delivered yet, which changes
    /// nothing}
    boolean expired(int sint, QueuedMessage.Expired message, long expiration) {
        int assertable;
        synchronized (this) {
            if (!message.take(expiration)) {
                return false;
            }
            enqueue(sint, queue(sint), message);
            assertable = deliver(sint);
        }
        raise(assertable);
        return true;
    }

    /// Forgets the posted messages of source `sint` that are not in its slot yet.
    public void discard(int sint) {
        synchronized (this) {
            Queue<QueuedMessage> queue = queues[sint];
            if (queue != null) {
                queue.removeIf(message -> message instanceof QueuedMessage.Posted);
                if (queue.isEmpty()) {
                    queuedSources &= ~(1 << sint);
                }
            }
        }
        tellRoom();
    }

    /// The processor ended the interrupt `vector`: looks at the queues of the sources that use it.
    public void endOfInterrupt(int vector) {
        for (int left = queuedSources; left != 0; left &= left - 1) {
            int sint = Integer.numberOfTrailingZeros(left);
            if ((sints.get(sint) & 0xFF) == vector) {
                int assertable;
                synchronized (this) {
                    assertable = deliver(sint);
                }
                raise(assertable);
                tellRoom();
            }
        }
    }

    private Queue<QueuedMessage> queue(int sint) {
        Queue<QueuedMessage> queue = queues[sint];
        if (queue == null) {
            queue = new ArrayDeque<>();
            queues[sint] = queue;
        }
        return queue;
    }

    private void enqueue(int sint, Queue<QueuedMessage> queue, QueuedMessage message) {
        queue.add(message);
        queuedSources |= 1 << sint;
    }

    /// Moves queued messages into empty slots; {@return the sources that got one}
    private int deliver() {
        int delivered = 0;
        for (int left = queuedSources; left != 0; left &= left - 1) {
            delivered |= deliver(Integer.numberOfTrailingZeros(left));
        }
        return delivered;
    }

    private int deliver(int sint) {
        Queue<QueuedMessage> queue = queue(sint);
        QueuedMessage next = queue.peek();
        if (next == null || !enabled() || !simp.enabled()) {
            return 0;
        }
        if (!messages.empty(sint) && messages.askForEnd(sint)) {
            return 0;
        }
        queue.remove();
        if (queue.isEmpty()) {
            queuedSources &= ~(1 << sint);
        }
        switch (next) {
            case QueuedMessage.Posted posted ->
                messages.put(
                        sint,
                        posted.type(),
                        posted.origin(),
                        posted.payload(),
                        posted.payload().length,
                        !queue.isEmpty());
            case QueuedMessage.Expired expired -> {
                expired.delivered(time.now());
                messages.put(
                        sint,
                        QueuedMessage.Expired.TYPE,
                        0,
                        expired.payload,
                        QueuedMessage.Expired.SIZE,
                        !queue.isEmpty());
            }
        }
        if (masked(sint)) {
            silentSources |= 1 << sint;
            return 0;
        }
        silentSources &= ~(1 << sint);
        return 1 << sint;
    }

    // interrupts

    private void raise(int assertable) {
        for (int left = assertable; left != 0; left &= left - 1) {
            interrupt(Integer.numberOfTrailingZeros(left));
        }
    }

    private void interrupt(int sint) {
        long source = sints.get(sint);
        if ((source & (MASKED | polling)) != 0) {
            return;
        }
        int vector = (int) source & 0xFF;
        if ((source & AUTO_EOI) != 0) {
            sink.assertSelfEnding(vector);
        } else {
            sink.assertVector(vector);
        }
    }

    private void tellRoom() {
        boolean tell;
        synchronized (this) {
            tell = refused;
            refused = false;
        }
        if (tell) {
            room.run();
        }
    }

    // reset

    /// Puts everything into the state after creation.
    public void reset() {
        resetAll();
        tellRoom();
    }

    private synchronized void resetAll() {
        scontrol = 0;
        simp.reset();
        siefp.reset();
        for (int sint = 0; sint < SOURCES; sint++) {
            Queue<QueuedMessage> queue = queues[sint];
            if (queue != null) {
                queue.forEach(message -> {
                    if (message instanceof QueuedMessage.Expired expired) {
                        expired.dropped();
                    }
                });
                queues[sint] = null;
            }
        }
        Arrays.fill(keptFlags, null);
        resetSources();
    }

    private void resetSources() {
        takesEvents = 0;
        queuedSources = 0;
        silentSources = 0;
        for (int sint = 0; sint < SOURCES; sint++) {
            sints.set(sint, MASKED);
        }
    }
}

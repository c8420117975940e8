package cloison.vsp.netvsp;

import cloison.machine.counter.Counters;
import cloison.net.frame.Frame;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameQueue;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.PacketFilter;
import cloison.vsp.netvsp.protocol.RndisPacket;
import java.util.ArrayDeque;
import java.util.Queue;

/// What goes to the guest through its receive buffer: answers and indications first, then frames, several in a
/// packet.
///
/// What finds the ring full or the receive buffer used up waits: answers in a short queue, frames in the adapter's.
///
/// **Owner:** the channel's thread.
final class ToGuest {
    /// Frames in a packet at most.
    private static final int BATCH = 64;
    /// Frames in a turn at most.
    private static final int FRAMES_PER_TURN = 256;
    /// Answers that wait at most.
    private static final int CONTROL_LIMIT = 32;

    private static final long BROADCAST = MacAddress.BROADCAST.bits();

    // wiring
    private final Session session;
    private final ReceiveBuffer buffer;
    private final Counters<NetVspCounter> counters;
    private final FrameQueue queue;

    // scratch
    private final byte[] header = new byte[RndisPacket.HEADER_SIZE + RndisPacket.INFO_SIZE];
    private final byte[] announcement = new byte[NvspMessage.SIZE];
    private final int[] ranges = new int[2 * BATCH];
    private final int[] controlRange = new int[2];

    // state
    private final Queue<byte[]> control = new ArrayDeque<>();
    private int batch;
    private int first;
    private int last;
    private final long[] frames = new long[3];
    private final long[] bytes = new long[3];

    ToGuest(Session session, ReceiveBuffer buffer) {
        this.session = session;
        this.buffer = buffer;
        counters = session.counters();
        queue = session.device().queue();
    }

    ReceiveBuffer buffer() {
        return buffer;
    }

    /// Queues a control message; {@return false if too many wait already}
    boolean post(byte[] message) {
        return control.size() < CONTROL_LIMIT && message.length <= buffer.capacity() && control.add(message);
    }

    /// {@return whether another answer can be queued}
    boolean ready() {
        return control.size() < CONTROL_LIMIT;
    }

    /// The guest has completed a packet.
    void completed(long transaction) {
        if (!buffer.takeBack(transaction)) {
            counters.increment(NetVspCounter.WRONG_COMPLETIONS);
        }
    }

    /// Sends the control messages that wait; {@return how many went}
    int sendControl() {
        int sent = 0;
        for (byte[] message = control.peek(); message != null; message = control.peek()) {
            int place = buffer.takeForControl();
            if (place < 0) {
                break;
            }
            buffer.write(place, 0, message, 0, message.length);
            controlRange[0] = message.length;
            controlRange[1] = buffer.offset(place);
            if (!send(place, NvspMessage.CHANNEL_CONTROL, controlRange, 1)) {
                buffer.freeChain(place);
                break;
            }
            control.remove();
            sent++;
        }
        return sent;
    }

    private boolean send(int transaction, int channel, int[] of, int count) {
        NvspMessage.rndisPacket(announcement, channel);
        boolean sent = session.channel()
                .sendTransferPages(transaction, true, buffer.id(), of, count, announcement, 0, NvspMessage.SIZE);
        if (sent) {
            buffer.lend(transaction);
        } else {
            counters.increment(NetVspCounter.RING_FULL);
        }
        return sent;
    }

    /// Brings queued frames to the guest; {@return how many were looked at}
    int deliver(PacketFilter filter, long ownAddress, long permanentAddress) {
        int looked = 0;
        while (looked < FRAMES_PER_TURN && control.isEmpty()) {
            // A batch that found the ring full last time goes on to grow.
            while (batch < BATCH && buffer.available()) {
                Frame frame = queue.poll();
                if (frame == null) {
                    break;
                }
                looked++;
                if (wanted(frame, filter, ownAddress, permanentAddress)) {
                    add(frame, queue.tag());
                }
                frame.release();
            }
            if (batch == 0) {
                if (!buffer.available() || queue.idle()) {
                    return looked;
                }
            } else if (!sendBatch()) {
                return looked;
            }
        }
        return looked;
    }

    private boolean wanted(Frame frame, PacketFilter filter, long ownAddress, long permanentAddress) {
        long destination = frame.destination();
        boolean wanted = MacAddress.group(destination)
                ? filter.wantsGroup(destination)
                : filter.wantsDirected(destination == ownAddress || destination == permanentAddress);
        if (!wanted) {
            counters.increment(NetVspCounter.RECEIVE_FILTERED);
            return false;
        }
        if (header.length + frame.length() > buffer.capacity()) {
            counters.increment(NetVspCounter.RECEIVE_DROPPED_LENGTH);
            return false;
        }
        return true;
    }

    private void add(Frame frame, int tag) {
        int place = buffer.take();
        int length = frame.length();
        int headed = RndisPacket.encode(header, length, tag);
        buffer.write(place, 0, header, 0, headed);
        buffer.write(place, headed, frame.bytes(), 0, length);
        ranges[2 * batch] = headed + length;
        ranges[2 * batch + 1] = buffer.offset(place);
        if (batch == 0) {
            first = place;
        } else {
            buffer.chain(last, place);
        }
        last = place;
        batch++;
        int kind = kind(frame.destination());
        frames[kind]++;
        bytes[kind] += length;
    }

    private static int kind(long destination) {
        return !MacAddress.group(destination) ? 0 : destination == BROADCAST ? 2 : 1;
    }

    private boolean sendBatch() {
        if (!send(first, NvspMessage.CHANNEL_DATA, ranges, batch)) {
            return false;
        }
        counters.increment(NetVspCounter.RECEIVED_PACKETS);
        count(0, NetVspCounter.RECEIVED_DIRECTED_FRAMES, NetVspCounter.RECEIVED_DIRECTED_BYTES);
        count(1, NetVspCounter.RECEIVED_MULTICAST_FRAMES, NetVspCounter.RECEIVED_MULTICAST_BYTES);
        count(2, NetVspCounter.RECEIVED_BROADCAST_FRAMES, NetVspCounter.RECEIVED_BROADCAST_BYTES);
        batch = 0;
        return true;
    }

    private void count(int kind, NetVspCounter frameCounter, NetVspCounter byteCounter) {
        if (frames[kind] != 0) {
            counters.add(frameCounter, frames[kind]);
            counters.add(byteCounter, bytes[kind]);
            frames[kind] = 0;
            bytes[kind] = 0;
        }
    }

    /// The guest takes no more frames for now: a batch that waits for the ring is given up.
    void stop() {
        queue.close();
        if (batch > 0) {
            counters.add(NetVspCounter.RECEIVE_DROPPED_CLOSED, batch);
            buffer.freeChain(first);
            batch = 0;
            for (int kind = 0; kind < frames.length; kind++) {
                frames[kind] = 0;
                bytes[kind] = 0;
            }
        }
    }
}

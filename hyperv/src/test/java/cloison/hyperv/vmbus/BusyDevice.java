package cloison.hyperv.vmbus;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/// A device that does what its guest asks in the first byte of a packet: completes it, offers subchannels, reads
/// and writes a shared buffer, floods the guest.
///
/// It uses a buffer that it was told of in every turn until the guest takes it back, and fails the test if it is
/// called after its end.
public final class BusyDevice implements VmbusDevice {
    /// Offer as many subchannels as the second byte says.
    public static final int OFFER_SUBCHANNELS = 1;
    /// Write to the buffer whose GPADL is the 32-bit value at 4.
    public static final int USE_BUFFER = 2;
    /// Send until the ring is full.
    public static final int FLOOD = 3;

    private static final int PACKETS_PER_TURN = 64;
    private static final Guid CLASS = Guid.of("5f1d5d0b-1f43-4a4e-9d3c-2a5f1c8f6a11");

    private final Offer offer;
    private final AtomicInteger running = new AtomicInteger();

    /// A device of instance `number`.
    public BusyDevice(String name, int number) {
        offer = new Offer(CLASS, new Guid(new UUID(1, number)), name);
    }

    /// {@return how many channels are open}
    public int running() {
        return running.get();
    }

    @Override
    public Offer offer() {
        return offer;
    }

    @Override
    public ChannelTask open(Channel channel) {
        running.incrementAndGet();
        return new Task(channel);
    }

    private final class Task implements ChannelTask {
        private final Channel channel;
        private final Map<Integer, GuestBuffer> used = new HashMap<>();
        private volatile boolean closed;

        private Task(Channel channel) {
            this.channel = channel;
        }

        @Override
        public int turn() {
            checkOpen();
            int work = 0;
            while (work < PACKETS_PER_TURN) {
                Packet packet = channel.receive();
                if (packet == null) {
                    break;
                }
                work++;
                serve(packet);
            }
            for (GuestBuffer buffer : used.values()) {
                write(buffer);
            }
            return work;
        }

        private void serve(Packet packet) {
            int operation = packet.length == 0 ? 0 : packet.payload[0];
            if (operation == OFFER_SUBCHANNELS && packet.length > 1) {
                channel.offerSubchannels(packet.payload[1]);
            } else if (operation == USE_BUFFER && packet.length >= 8) {
                int gpadl = Wire.i32(packet.payload, 4);
                GuestBuffer buffer = channel.buffer(gpadl);
                if (buffer != null) {
                    used.put(gpadl, buffer);
                }
            } else if (operation == FLOOD) {
                boolean room = true;
                while (room) {
                    room = channel.send(0, false, packet.payload, 0, packet.length);
                }
            }
            if (packet.completionRequested) {
                channel.complete(packet.transactionId, packet.payload, 0, packet.length);
            }
        }

        private static void write(GuestBuffer buffer) {
            byte[] mark = {1, 2, 3, 4};
            buffer.pages().write(buffer.offset() + buffer.length() - 1, mark, 0, 1);
            buffer.pages().write(buffer.offset(), mark, 0, (int) Math.min(4, buffer.length()));
        }

        @Override
        public void revoked(int gpadl) {
            checkOpen();
            used.remove(gpadl);
        }

        @Override
        public void closed() {
            checkOpen();
            closed = true;
            running.decrementAndGet();
        }

        private void checkOpen() {
            if (closed) {
                throw new AssertionError("a call after the last one");
            }
        }
    }
}

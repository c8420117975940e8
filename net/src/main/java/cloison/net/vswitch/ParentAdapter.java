package cloison.net.vswitch;

import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameQueue;
import cloison.net.port.PortType;
import cloison.net.port.SwitchPort;

/// The parent's own adapter on an internal switch: how a program of the host takes part.
///
/// **Owner:** any thread sends; one thread receives.
public final class ParentAdapter implements AutoCloseable {
    private static final int CAPACITY = 9234;
    private static final int QUEUE = 256;

    private final MacAddress address;
    private final FramePool pool = new FramePool(CAPACITY, 4 * QUEUE);
    private final FrameQueue queue = new FrameQueue(QUEUE);
    private final SwitchPort port;

    /// Connects an adapter.
    ///
    /// @param arrived called, on a sender's thread, when frames have come after [#receive] found none
    /// @throws IllegalArgumentException if the switch is private
    public ParentAdapter(VirtualSwitch to, String name, MacAddress address, Runnable arrived) {
        this.address = address;
        port = to.connect(name, PortType.INTERNAL, queue);
        queue.open(arrived);
    }

    /// {@return the adapter's address}
    public MacAddress address() {
        return address;
    }

    /// {@return the adapter's port}
    public SwitchPort port() {
        return port;
    }

    /// Sends a frame, from its destination address to the end of its payload.
    ///
    /// @return false if it is longer than a jumbo frame, or too many frames of this adapter wait at their receivers
    public boolean send(byte[] bytes, int at, int length) {
        if (length > CAPACITY) {
            return false;
        }
        Frame frame;
        synchronized (pool) {
            frame = pool.take();
        }
        if (frame == null) {
            return false;
        }
        System.arraycopy(bytes, at, frame.bytes(), 0, length);
        frame.length(length);
        port.send(frame);
        return true;
    }

    /// Copies the oldest frame that waits to `to`, cut off if there is no room.
    ///
    /// @return the frame's length, or -1 if none waits: the adapter calls `arrived` when one comes
    public int receive(byte[] to, int at) {
        Frame frame = queue.poll();
        while (frame == null) {
            if (queue.idle()) {
                return -1;
            }
            frame = queue.poll();
        }
        int length = frame.length();
        System.arraycopy(frame.bytes(), 0, to, at, Math.min(length, to.length - at));
        frame.release();
        return length;
    }

    /// Disconnects the adapter; frames that wait are gone.
    @Override
    public void close() {
        port.disconnect();
        queue.close();
    }
}

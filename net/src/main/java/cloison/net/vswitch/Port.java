package cloison.net.vswitch;

import cloison.machine.counter.Counters;
import cloison.net.frame.Frame;
import cloison.net.port.FrameSink;
import cloison.net.port.FrameWatcher;
import cloison.net.port.PortCounter;
import cloison.net.port.PortType;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A port of a [VirtualSwitch].
///
/// **Owner:** any thread.
final class Port implements SwitchPort {
    // wiring
    private final VirtualSwitch owner;
    private final int id;
    private final String name;
    private final PortType type;
    private final PortVlan vlan;
    private final FrameSink sink;

    // state
    private final Counters<PortCounter> counters = new Counters<>(PortCounter.class);
    /// Addresses in the table that are behind this port; the table keeps it.
    final AtomicInteger addresses = new AtomicInteger();

    private volatile boolean connected = true;
    private volatile @Nullable FrameWatcher watcher;

    Port(VirtualSwitch owner, int id, String name, PortType type, PortVlan vlan, FrameSink sink) {
        this.owner = owner;
        this.id = id;
        this.name = name;
        this.type = type;
        this.vlan = vlan;
        this.sink = sink;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PortType type() {
        return type;
    }

    @Override
    public String switchName() {
        return owner.name();
    }

    @Override
    public PortVlan vlan() {
        return vlan;
    }

    @Override
    public boolean connected() {
        return connected;
    }

    @Override
    public Counters<PortCounter> counters() {
        return counters;
    }

    @Override
    public void watch(@Nullable FrameWatcher by) {
        watcher = by;
    }

    @Override
    public void send(Frame frame) {
        counters.increment(PortCounter.FRAMES_IN);
        counters.add(PortCounter.BYTES_IN, frame.length());
        if (!connected) {
            drop(frame, PortCounter.IN_DROPPED_DISCONNECTED);
            return;
        }
        if (frame.length() < Frame.HEADER_SIZE || !frame.liftTag()) {
            drop(frame, PortCounter.IN_DROPPED_MALFORMED);
            return;
        }
        FrameWatcher watching = watcher;
        if (watching != null) {
            watching.seen(frame, frame.tag(), FrameWatcher.Direction.SENT);
        }
        owner.forward(this, frame);
    }

    /// Ends a frame from this port's adapter.
    void drop(Frame frame, PortCounter why) {
        counters.increment(why);
        counters.add(PortCounter.IN_DROPPED_BYTES, frame.length());
        frame.release();
    }

    /// {@return the VLAN that a frame from this port's adapter belongs to, or [PortVlan#REFUSED]}
    int classify(Frame frame) {
        // Of two tags the second would be taken for the first by who gets the frame without the first.
        return frame.carriesTag() ? PortVlan.REFUSED : vlan.classify(frame.vlan());
    }

    /// Brings a frame of `in`, a VLAN that this port carries, and one reference to it, to this port's adapter.
    void deliver(Frame frame, int in) {
        int tag = vlan.tags(in) ? frame.tagFor(in) : Frame.UNTAGGED;
        FrameWatcher watching = watcher;
        if (watching != null) {
            watching.seen(frame, tag, FrameWatcher.Direction.RECEIVED);
        }
        int length = frame.length();
        FrameSink.Outcome outcome = connected ? sink.accept(frame, tag) : FrameSink.Outcome.CLOSED;
        switch (outcome) {
            case TAKEN -> {
                counters.increment(PortCounter.FRAMES_OUT);
                counters.add(PortCounter.BYTES_OUT, length);
            }
            case FULL -> lose(frame, PortCounter.OUT_DROPPED_FULL);
            case CLOSED -> lose(frame, PortCounter.OUT_DROPPED_CLOSED);
        }
    }

    private void lose(Frame frame, PortCounter why) {
        counters.increment(why);
        counters.add(PortCounter.OUT_DROPPED_BYTES, frame.length());
        frame.release();
    }

    @Override
    public void disconnect() {
        owner.disconnect(this);
    }

    void disconnected() {
        connected = false;
    }
}

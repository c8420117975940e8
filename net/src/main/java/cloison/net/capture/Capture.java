package cloison.net.capture;

import cloison.machine.agent.Agent;
import cloison.machine.time.Clock;
import cloison.net.frame.Frame;
import cloison.net.port.FrameWatcher;
import cloison.net.port.SlotRing;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// A pcapng file that is being written: frames come from the threads that carry them, an agent of its own writes.
///
/// A port's thread only notes frame and time in a bounded queue; what finds the queue full is counted and missing.
/// Call [#close] after the agent's runner has stopped.
///
/// **Owner:** its agent thread; the points are called on any thread.
public final class Capture implements Agent, AutoCloseable {
    private static final int QUEUE = 1024;
    private static final int BATCH = 256;

    /// Where frames are seen: one interface of the file.
    private final class Point implements FrameWatcher {
        private final int number;
        private final LongAdder seen = new LongAdder();
        private final LongAdder missed = new LongAdder();

        private Point(int number) {
            this.number = number;
        }

        @Override
        public void seen(Frame frame, int tag, Direction direction) {
            seen.increment();
            long position = finished ? -1 : ring.claim();
            if (position < 0) {
                missed.increment();
                return;
            }
            frame.retain(1);
            int index = ring.index(position);
            frames[index] = frame;
            tags[index] = tag;
            times[index] = now();
            points[index] = direction == Direction.SENT ? number : ~number;
            ring.publish(position);
            // Pairs with the fence in close(): either this sees the end, or close sees the frame.
            VarHandle.fullFence();
            if (finished) {
                discardAll();
            } else {
                wake.run();
            }
        }
    }

    // wiring
    private final OutputStream to;
    private final Clock clock;
    private final Runnable wake;
    private final String role;
    private final long wallAtZero;

    // queue
    private final SlotRing ring = new SlotRing(QUEUE);
    private final @Nullable Frame[] frames = new Frame[QUEUE];
    private final int[] tags = new int[QUEUE];
    private final long[] times = new long[QUEUE];
    private final int[] points = new int[QUEUE];

    // state
    private final List<Point> described = new ArrayList<>();
    private final PcapngBlocks blocks = new PcapngBlocks();
    private @Nullable IOException failure;
    private volatile boolean finished;

    /// Starts a file.
    ///
    /// @param role the name of the agent's thread
    /// @param wake lets the agent turn soon, for example [cloison.machine.agent.Doorbell#ring]
    public Capture(String role, OutputStream to, Clock clock, Runnable wake) {
        this.role = role;
        this.to = to;
        this.clock = clock;
        this.wake = wake;
        wallAtZero = clock.wallNanos() - clock.nanos();
        blocks.section();
    }

    /// Adds an interface to the file.
    ///
    /// @param name how it is called in the file, for example `web/nic0`
    /// @return what a port is given to watch it
    public FrameWatcher point(String name) {
        synchronized (blocks) {
            Point point = new Point(described.size());
            described.add(point);
            blocks.describe(name);
            return point;
        }
    }

    private long now() {
        return wallAtZero + clock.nanos();
    }

    @Override
    public int turn() {
        synchronized (blocks) {
            int written = 0;
            while (written < BATCH && writeOne()) {
                written++;
            }
            flush();
            return written;
        }
    }

    private boolean writeOne() {
        long position = ring.take();
        if (position < 0) {
            return false;
        }
        int index = ring.index(position);
        int point = points[index];
        int tag = tags[index];
        long time = times[index];
        Frame frame = remove(position);
        blocks.packet(point < 0 ? ~point : point, time, point >= 0, frame, tag);
        frame.release();
        return true;
    }

    private Frame remove(long position) {
        int index = ring.index(position);
        Frame frame = frames[index];
        if (frame == null) {
            throw new IllegalStateException("a filled place holds no frame");
        }
        frames[index] = null;
        ring.free(position);
        return frame;
    }

    private void discardAll() {
        for (long position = ring.take(); position >= 0; position = ring.take()) {
            remove(position).release();
        }
    }

    /// Writes what the blocks hold; after the first failure frames are only drained.
    private void flush() {
        if (blocks.length() > 0 && failure == null) {
            try {
                to.write(blocks.buffer(), 0, blocks.length());
            } catch (IOException failed) {
                failure = failed;
            }
        }
        blocks.clear();
    }

    @Override
    public String role() {
        return role;
    }

    /// Writes what waits and the statistics, and closes the file.
    ///
    /// @throws IOException if the file could not be written completely
    @Override
    public void close() throws IOException {
        finished = true;
        VarHandle.fullFence();
        while (turn() > 0) {
            continue;
        }
        synchronized (blocks) {
            for (Point point : described) {
                blocks.statistics(point.number, now(), point.seen.sum(), point.missed.sum());
            }
            flush();
        }
        try (to) {
            if (failure != null) {
                throw failure;
            }
        }
    }
}

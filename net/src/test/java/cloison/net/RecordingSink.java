package cloison.net;

import cloison.net.frame.Frame;
import cloison.net.port.FrameSink;
import java.util.ArrayList;
import java.util.List;

/// A sink that remembers what it took, and answers as it is told.
public final class RecordingSink implements FrameSink {
    public final List<byte[]> frames = new ArrayList<>();
    public final List<Integer> tags = new ArrayList<>();
    public Outcome answer = Outcome.TAKEN;

    @Override
    public synchronized Outcome accept(Frame frame, int tag) {
        if (answer == Outcome.TAKEN) {
            frames.add(Frames.copy(frame));
            tags.add(tag);
            frame.release();
        }
        return answer;
    }
}

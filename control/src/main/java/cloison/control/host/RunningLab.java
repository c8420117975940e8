package cloison.control.host;

import java.util.List;

/// A lab that was made.
public interface RunningLab extends AutoCloseable {
    /// {@return the guests in the order of the plan}
    List<RunningGuest> guests();

    /// Stops what still runs and gives back what the lab holds; may be called from any thread, and again.
    @Override
    void close();
}

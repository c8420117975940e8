package cloison.control.host;

import cloison.vm.inspect.Inspection;
import java.util.List;

/// A lab that was made. Every method may be called from any thread.
public interface RunningLab extends AutoCloseable {
    /// {@return the guests in the order of the plan}
    List<RunningGuest> guests();

    /// {@return what the host knows of it at this moment: its partitions by name, then its switches}
    Inspection.Group inspect();

    /// Stops what still runs and gives back what the lab holds; may be called from any thread, and again.
    @Override
    void close();
}

package cloison.control.host;

import cloison.vm.run.GuestFacts;
import cloison.vm.run.Outcome;
import org.jspecify.annotations.Nullable;

/// A partition of a lab that was made. Every method may be called from any thread.
public interface RunningGuest {
    /// {@return the partition's name}
    String name();

    /// Lets its first processor run.
    void start();

    /// Types bytes on its serial console.
    ///
    /// @return how many of them there was room for
    int type(byte[] from, int at, int length);

    /// Asks the guest to power itself off; waits for its answer, which comes before it acts.
    ///
    /// @return null if it will, else why not, for people
    @Nullable
    String shutDown() throws InterruptedException;

    /// Ends the run from outside; the outcome is then [Outcome.Stopped] unless the guest was quicker.
    void stop();

    /// {@return how the run ended, once it has}
    Outcome await() throws InterruptedException;

    /// {@return what the host knows of it at this moment}
    GuestFacts facts();
}

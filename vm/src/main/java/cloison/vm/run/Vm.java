package cloison.vm.run;

import cloison.linux.HostException;
import cloison.vm.boot.BootImage;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.PartitionConfig;
import cloison.vsp.shutdown.ShutdownAnswer;
import cloison.vsp.shutdown.ShutdownRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/// A virtual machine: a configuration, and the partition that it is while it is on.
///
/// A guest's reset makes a new partition of the same configuration, unless resets are to end the run.
///
/// ```text
///            start            pause
///  created ────────► running ◄──────► paused
///                       │     resume    │
///                       ▼ end, stop     │
///                     ended ◄───────────┘           close: from any of them, and then nothing is left
/// ```
///
/// **Owner:** any thread; what changes the life cycle holds the monitor.
public final class Vm implements AutoCloseable {
    /// Where a machine stands.
    public enum Phase {
        /// Made, and not started yet.
        CREATED,
        /// Its processors run.
        RUNNING,
        /// Its processors stand still until they are let go on.
        PAUSED,
        /// Its run is over.
        ENDED,
        /// Nothing is left of it but what was counted.
        CLOSED
    }

    // wiring
    private final PartitionConfig config;
    private final PartitionWiring wiring;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();

    // state
    private Phase phase = Phase.CREATED;
    private Partition partition;
    /// How the run is to end, for a partition that a reset is about to make.
    private @Nullable Outcome ending;

    /// A machine with its partition made and its image loaded, not yet running.
    ///
    /// @throws cloison.vm.config.ConfigurationException if what the configuration names cannot be used
    public Vm(PartitionConfig config, PartitionWiring wiring) {
        this.config = config;
        this.wiring = wiring;
        partition = partition();
        // The files' bytes were most of the heap; a serial collector would let it grow behind them.
        System.gc();
    }

    /// {@return a partition as configured, with what its files have now: nobody keeps their bytes for a reset}
    ///
    /// @throws ConfigurationException if the host has not what it needs, or what it names cannot be used
    private Partition partition() {
        BootImage image = BootImage.read(config.boot().kernel());
        byte @Nullable [] initrd = config.boot().initrd() == null
                ? null
                : BootImage.initrd(config.boot().initrd(), config.memoryBytes());
        try {
            return Partition.create(config, wiring, image, initrd);
        } catch (HostException refused) {
            throw new ConfigurationException("partition " + config.name() + ": " + refused.getMessage(), refused);
        }
    }

    /// {@return the partition's name}
    public String name() {
        return config.name();
    }

    /// {@return the configuration}
    public PartitionConfig config() {
        return config;
    }

    /// {@return where it stands}
    public synchronized Phase phase() {
        return phase;
    }

    /// {@return how the run ended, or null while it has not}
    public @Nullable Outcome outcome() {
        return outcome.getNow(null);
    }

    /// Lets the first processor run; without effect on a machine that has ended.
    public synchronized void start() {
        if (phase == Phase.ENDED) {
            return;
        }
        require(Phase.CREATED, "start");
        phase = Phase.RUNNING;
        Thread.ofVirtual().name(config.name()).start(this::supervise);
        partition.start();
    }

    /// Makes all processors stand still between two instructions, and the partition's time with them.
    public synchronized void pause() throws InterruptedException {
        require(Phase.RUNNING, "pause");
        partition.pause();
        phase = Phase.PAUSED;
    }

    /// Lets a paused machine go on.
    public synchronized void resume() {
        require(Phase.PAUSED, "resume");
        phase = Phase.RUNNING;
        partition.resume();
    }

    /// Ends the run from outside, as if the power were cut; without effect on a machine that has ended.
    public void stop() {
        end(new Outcome.Stopped());
    }

    /// Ends the run from outside; without effect on a machine that has ended.
    synchronized void end(Outcome how) {
        ending = how;
        partition.end(how);
        if (phase == Phase.CREATED) {
            phase = Phase.ENDED;
            outcome.complete(how);
        }
    }

    /// Asks the guest to power itself off; waits for its answer, which comes before it acts.
    ///
    /// @return null if it will, else why not, for people
    public @Nullable String shutDown() throws InterruptedException {
        try {
            ShutdownAnswer answer = view().shutdown()
                    .request(new ShutdownRequest(ShutdownRequest.Action.POWER_OFF))
                    .get();
            return switch (answer) {
                case ShutdownAnswer.Accepted() -> null;
                case ShutdownAnswer.Refused(int status) -> "it refuses with status 0x%08x".formatted(status);
                case ShutdownAnswer.Unavailable(String why) -> why;
            };
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /// {@return how the run ended, once it has}
    public Outcome await() throws InterruptedException {
        try {
            return outcome.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /// {@return the present partition's devices and what they counted}
    public synchronized PartitionView view() {
        return partition.view();
    }

    /// {@return what the host knows of the guest at this moment}
    public GuestFacts facts() {
        return GuestFacts.of(view(), config.nics());
    }

    /// Types bytes on the serial console; {@return how many of them there was room for}
    public int type(byte[] from, int at, int length) {
        return view().console().receive(from, at, length);
    }

    /// {@return the registers of all processors of a paused or ended machine, for people}
    public synchronized String registers() {
        if (phase == Phase.RUNNING || phase == Phase.CLOSED) {
            throw new IllegalStateException(
                    "cannot look at registers of partition " + config.name() + ": it is " + phase);
        }
        return partition.registers();
    }

    /// Gives back memory and threads.
    @Override
    public synchronized void close() {
        if (phase == Phase.CLOSED) {
            return;
        }
        phase = Phase.CLOSED;
        partition.close();
        outcome.complete(new Outcome.Stopped());
    }

    private void require(Phase wanted, String what) {
        if (phase != wanted) {
            throw new IllegalStateException("cannot " + what + " partition " + config.name() + ": it is " + phase);
        }
    }

    /// Waits for the partition's end; after a reset makes it anew.
    private void supervise() {
        while (true) {
            Outcome how = current().outcome().join();
            if (how instanceof Outcome.Reset && !config.noReboot()) {
                how = restarted(how);
            }
            if (how != null) {
                ended(how);
                return;
            }
        }
    }

    /// {@return null if the machine runs again after a reset, else how its run ends}
    private @Nullable Outcome restarted(Outcome reset) {
        try {
            return restart() ? null : reset;
        } catch (ConfigurationException refused) {
            return new Outcome.Refused("the guest could not be started again: " + refused.getMessage());
        } catch (RuntimeException broken) {
            return new Outcome.Failed(
                    "the guest could not be started again: " + broken, EvidenceReport.of(config.name(), broken, null));
        }
    }

    private synchronized Partition current() {
        return partition;
    }

    private synchronized boolean restart() {
        if (phase != Phase.RUNNING) {
            return false;
        }
        partition.close();
        partition = partition();
        if (ending == null) {
            partition.start();
        } else {
            partition.end(ending);
        }
        return true;
    }

    private synchronized void ended(Outcome how) {
        if (phase != Phase.CLOSED) {
            phase = Phase.ENDED;
            partition.halt();
        }
        outcome.complete(how);
    }
}

package cloison.vm.run;

import cloison.chipset.apic.LocalApic;
import cloison.chipset.apic.ProcessorSignals;
import cloison.hyperv.HypervisorInterface;
import cloison.machine.agent.Doorbell;
import cloison.machine.processor.Exit;
import cloison.machine.processor.Processor;
import cloison.machine.processor.ProcessorState;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The thread of one virtual processor: lets the engine run, parks while the guest halts, and obeys INIT, start-up,
/// pause and stop.
///
/// Orders come from any thread as bits of one word, so that several given at once are all obeyed.
///
/// **Owner:** the registers belong to the thread; everything public here may be called from any thread.
final class VirtualProcessor implements ProcessorSignals {
    private static final int STOP = 1;
    private static final int INIT = 2;
    private static final int STARTUP = 4;
    private static final int PAUSE = 8;
    private static final int VECTOR_SHIFT = 8;

    // wiring
    private final String name;
    private final Consumer<Outcome> ended;
    private final Doorbell doorbell = new Doorbell();
    private final AtomicInteger orders = new AtomicInteger();
    private final Object pausing = new Object();
    private @Nullable Processor processor;
    private @Nullable LocalApic apic;
    private @Nullable HypervisorInterface hypervisor;
    private int index;
    private @Nullable Thread thread;

    // state
    private boolean waitingForStartup = true;
    private boolean idle;
    private boolean paused;

    /// A processor that waits for a start-up IPI, as all but the first do.
    VirtualProcessor(String name, Consumer<Outcome> ended) {
        this.name = name;
        this.ended = ended;
    }

    /// Connects what can only be made once this exists. Before [#start].
    void connect(int number, Processor to, LocalApic with, HypervisorInterface under) {
        index = number;
        processor = to;
        apic = with;
        hypervisor = under;
    }

    /// Makes this the processor that starts with `state`. Before [#start].
    void boot(ProcessorState state) {
        processor().load(state);
        waitingForStartup = false;
    }

    /// {@return the engine's processor}
    Processor processor() {
        return Objects.requireNonNull(processor);
    }

    /// {@return the thread's name}
    String name() {
        return name;
    }

    /// Starts the thread.
    void start() {
        thread = Thread.ofPlatform().daemon().name(name).start(this::loop);
    }

    /// The interrupt source has something new.
    @Override
    public void notice() {
        processor().notice();
        doorbell.ring();
    }

    /// An INIT arrived: reset and wait for a start-up IPI.
    @Override
    public void init() {
        order(INIT);
    }

    /// A start-up IPI arrived; without effect unless the processor waits for one.
    @Override
    public void startup(int vector) {
        orders.updateAndGet(old -> (old & STARTUP) != 0 ? old : old | STARTUP | vector << VECTOR_SHIFT);
        wake();
    }

    /// {@return whether the caller is this processor's thread}
    boolean current() {
        return Thread.currentThread() == thread;
    }

    /// {@return the registers, for people; on the processor's thread, or while it stands still}
    String registers() {
        return EvidenceReport.registers(processor().state());
    }

    @Override
    public void ended(int vector) {
        Objects.requireNonNull(hypervisor).endOfInterrupt(index, vector);
    }

    /// Asks the thread to stand still between two instructions; [#awaitPaused] says when it does.
    void pause() {
        order(PAUSE);
    }

    /// Waits until the processor stands still, or has ended.
    void awaitPaused() throws InterruptedException {
        synchronized (pausing) {
            while (!paused && alive()) {
                pausing.wait(10);
            }
        }
    }

    /// Lets a paused processor go on.
    void resume() {
        orders.getAndUpdate(old -> old & ~PAUSE);
        wake();
    }

    /// Asks the thread to end; does not wait.
    void halt() {
        order(STOP);
    }

    /// Ends the thread; waits for it unless it is the caller.
    void stop() {
        order(STOP);
        Thread running = thread;
        if (running == null || running == Thread.currentThread()) {
            return;
        }
        boolean interrupted = false;
        while (running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// On the processor's thread, in the middle of an instruction: lets it execute nothing after that one until an
    /// interrupt waits.
    void idle() {
        idle = true;
        processor().leave();
    }

    private boolean alive() {
        Thread running = thread;
        return running != null && running.isAlive();
    }

    private void order(int order) {
        orders.getAndUpdate(old -> old | order);
        wake();
    }

    private void wake() {
        processor().leave();
        doorbell.ring();
    }

    private void loop() {
        try {
            while (obey()) {
                if (waitingForStartup) {
                    doorbell.await(Long.MAX_VALUE);
                } else if (!run()) {
                    return;
                }
            }
        } catch (Throwable broken) {
            ended.accept(new Outcome.Failed(name + ": " + broken, EvidenceReport.of(name, broken, processor())));
        }
    }

    /// {@return whether to go on after one run of the engine}
    private boolean run() {
        switch (processor().run()) {
            case Exit.Left _ -> sleep();
            case Exit.Halted _ -> doorbell.await(Long.MAX_VALUE);
            case Exit.TripleFault fault -> {
                ended.accept(new Outcome.Crashed(name + ": triple fault", fault.report()));
                return false;
            }
            case Exit.EngineFault fault -> {
                ended.accept(new Outcome.Failed(name + ": the processor engine met its limits", fault.report()));
                return false;
            }
        }
        return true;
    }

    /// Sleeps if the guest said that the processor is idle, until it is noticed or ordered, unless an interrupt waits.
    private void sleep() {
        if (idle) {
            idle = false;
            if (!Objects.requireNonNull(apic).waiting()) {
                doorbell.await(Long.MAX_VALUE);
            }
        }
    }

    /// {@return whether to go on after obeying what was ordered}
    private boolean obey() {
        while (orders.get() != 0) {
            int given = orders.get();
            if ((given & STOP) != 0) {
                return false;
            }
            if ((given & INIT) != 0) {
                orders.getAndUpdate(old -> old & ~INIT);
                Objects.requireNonNull(apic).init();
                processor().load(new ProcessorState());
                waitingForStartup = true;
            } else if ((given & STARTUP) != 0) {
                int taken = orders.getAndUpdate(old -> old & 0xF & ~STARTUP);
                if (waitingForStartup) {
                    processor().load(ProcessorState.startup(taken >>> VECTOR_SHIFT));
                    waitingForStartup = false;
                }
            } else {
                standStill();
            }
        }
        return true;
    }

    private void standStill() {
        synchronized (pausing) {
            paused = true;
            pausing.notifyAll();
        }
        doorbell.await(Long.MAX_VALUE);
        synchronized (pausing) {
            paused = (orders.get() & PAUSE) != 0;
        }
    }
}

package cloison.cpu.interpret;

import cloison.cpu.mmu.CodePages;
import cloison.cpu.mmu.CodeStore;
import cloison.cpu.mmu.Exclusion;
import cloison.cpu.state.Attention;
import cloison.cpu.state.Breakpoints;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.CpuModel;
import cloison.machine.processor.Exit;
import cloison.machine.processor.HostCode;
import cloison.machine.processor.Intercepts;
import cloison.machine.processor.InterruptSource;
import cloison.machine.processor.Processor;
import cloison.machine.processor.ProcessorState;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A virtual processor that executes cached blocks of decoded instructions.
///
/// Between blocks it looks at one volatile word ([Attention]); interrupts, requests of other threads, traps and single
/// steps are served when a bit of it is set, one instruction at a time where the architecture asks for exactness.
///
/// **Owner:** the thread that calls [#run]; see [Processor].
public final class Interpreter implements Processor {
    private static final Exit HALTED = new Exit.Halted();
    private static final Exit LEFT = new Exit.Left();
    /// For about how many instructions the runner is allowed a look, when it takes turns.
    private static final int LOOKS = 64;

    private static final HostCode.Stay NOTHING = () -> {};

    private final Cpu cpu;
    private final BlockCache blocks;
    private final Attention attention;
    private final HotBlocks hot = new HotBlocks();
    private long executed;
    /// What [#executed] will be at the next sample for [HotBlocks].
    private long sampleAt;
    private @Nullable Runner runner;
    private boolean singly;
    private boolean alone;

    // taking turns
    private int switchEvery;
    private int turnsLeft;
    private long turnEnd;
    private long switches;
    /// What [#executed] will be when blocks are no longer chained.
    private long chainEnd = Long.MAX_VALUE;

    /// Runs code by other means than blocks of steps where it can.
    public interface Runner {
        /// {@return whether it runs code of the mode that the processor is in}
        boolean covers();

        /// Executes until something wants attention, or the interpreter must do something; {@return as [#run]}
        @Nullable
        Exit run();

        /// {@return how often it left what it runs, by reason}
        Map<String, Long> exits();

        /// {@return what must hold on the thread while it runs}
        HostCode.Stay stay();
    }

    /// A processor in the state after INIT.
    ///
    /// @param translations translations to keep of each kind, a power of two
    public Interpreter(
            GuestMemory memory,
            CodePages codePages,
            CpuModel model,
            Intercepts intercepts,
            InterruptSource interrupts,
            int translations) {
        cpu = new Cpu(memory, codePages, model, intercepts, interrupts, translations);
        blocks = new BlockCache(cpu);
        attention = cpu.attention;
    }

    /// Names who runs code instead where it can.
    ///
    /// @param every for tests: after how many instructions the two take turns; 0 for a runner that runs all it can
    public void runner(Runner of, int every) {
        runner = of;
        switchEvery = every;
    }

    /// {@return how often execution went from here to the runner because it was its turn}
    public long switches() {
        return switches;
    }

    /// For the runner: the next instruction must be fetched and executed by itself.
    public void wantSingle() {
        singly = true;
    }

    /// For the runner: the next instruction stores where code is cached.
    public void wantAlone() {
        singly = true;
        alone = true;
    }

    /// {@return whether NMIs wait for IRET}
    public boolean nmiBlocked() {
        return cpu.nmiBlocked;
    }

    /// For the runner: an instruction was executed.
    public void counted() {
        executed++;
    }

    /// {@return instructions that were interpreted}
    long interpreted() {
        return executed;
    }

    /// {@return the registers themselves}
    public Cpu cpu() {
        return cpu;
    }

    /// {@return what looks for hot blocks}
    HotBlocks hotBlocks() {
        return hot;
    }

    @Override
    public Exit run() {
        attention.raise(Attention.LOOK);
        Exclusion exclusion = cpu.codePages.exclusion();
        exclusion.begin();
        cpu.executing = true;
        Runner runner = this.runner;
        try (HostCode.Stay _ = runner == null ? NOTHING : runner.stay()) {
            return loop();
        } catch (GuestFault | CodeStore e) {
            throw new IllegalStateException("left the loop", e);
        } catch (RuntimeException e) {
            return new Exit.EngineFault(Report.fault(cpu, e, executed));
        } finally {
            cpu.executing = false;
            exclusion.end();
        }
    }

    private Exit loop() {
        while (true) {
            if (attention.any()) {
                Exit exit = attend();
                if (exit != null) {
                    return exit;
                }
            }
            Exit exit = next();
            if (exit != null) {
                return exit;
            }
        }
    }

    private @Nullable Exit next() {
        if (cpu.shadow || singly || stepping()) {
            boolean alone = this.alone;
            singly = false;
            this.alone = false;
            return single(alone);
        }
        Runner runner = this.runner;
        if (runner == null || !runner.covers()) {
            return chain();
        }
        return switchEvery == 0 ? runner.run() : takeTurns(runner);
    }

    /// Interprets [#switchEvery] instructions, the last ones singly so that the boundary can be any, then lets the
    /// runner go on to some looks for attention; over and over.
    private @Nullable Exit takeTurns(Runner runner) {
        if (turnsLeft == 0) {
            long left = turnEnd - executed;
            if (left > 0) {
                chainEnd = turnEnd - BlockBuilder.MOST;
                return left <= BlockBuilder.MOST ? single(false) : chain();
            }
            switches++;
            turnsLeft = 1 + switchEvery / LOOKS;
        }
        turnsLeft--;
        // it returns at its next look
        attention.raise(Attention.LOOK);
        Exit exit = runner.run();
        turnEnd = executed + switchEvery;
        return exit;
    }

    /// {@return whether each instruction must be looked at: trap flag, resume flag, or breakpoints}
    private boolean stepping() {
        return (cpu.flagRest & (Flags.TF | Flags.RF)) != 0 || Breakpoints.armed(cpu);
    }

    // ---- executing

    /// Executes blocks until something wants attention or faults.
    private @Nullable Exit chain() {
        Cpu cpu = this.cpu;
        Attention attention = this.attention;
        Block block = Block.NONE;
        Step step = null;
        long count = 0;
        long sample = Math.min(sampleAt, chainEnd) - executed;
        try {
            block = blocks.after(block);
            while (true) {
                cpu.rip = block.end;
                for (Step each : block.steps) {
                    step = each;
                    each.run(cpu);
                }
                step = null;
                count += block.instructions;
                if (count >= sample) {
                    executed += count;
                    count = 0;
                    if (executed >= sampleAt) {
                        hot.sample(block);
                        sampleAt = executed + hot.interval;
                    }
                    if (executed >= chainEnd) {
                        return null;
                    }
                    sample = Math.min(sampleAt, chainEnd) - executed;
                }
                if (attention.any()) {
                    executed += count;
                    return null;
                }
                long rip = cpu.rip;
                long stamp = cpu.stamp;
                Block next = block.next;
                if (next.rip != rip || next.stamp != stamp) {
                    next = block.other;
                    if (next.rip != rip || next.stamp != stamp) {
                        next = blocks.after(block);
                    }
                }
                block = next;
            }
        } catch (GuestFault fault) {
            stopAt(block, step, count);
            return raise(fault);
        } catch (CodeStore _) {
            stopAt(block, step, count);
            return single(true);
        } catch (RuntimeException e) {
            stopAt(block, step, count);
            throw e;
        }
    }

    /// Makes RIP exact after `step` of `block` did not execute, or, without a step, the next block was not found.
    private void stopAt(Block block, @Nullable Step step, long count) {
        executed += count;
        if (step != null) {
            Step stopped = step instanceof Compound compound ? compound.stopped() : step;
            executed += stopped.precedingInBlock;
            cpu.rip = block.rip + stopped.startInBlock;
        }
    }

    /// Delivers a fault of the instruction at RIP; {@return why to stop, if it cannot be delivered}
    public @Nullable Exit raise(GuestFault fault) {
        int vector = fault.vector();
        if (vector == GuestFault.GP && fault.errorCode() == 0 && StackFaults.concerns(cpu)) {
            vector = GuestFault.SS;
        }
        cpu.mmu.badAddress = 0;
        cpu.debugCause = 0;
        return Delivery.exception(cpu, vector, fault.errorCode()) ? null : tripleFault(vector);
    }

    private Exit tripleFault(int vector) {
        return new Exit.TripleFault(Report.tripleFault(cpu, vector, executed));
    }

    /// Executes one instruction, with traps.
    ///
    /// @param alone whether it may store where code is cached
    private @Nullable Exit single(boolean alone) {
        boolean trap = (cpu.flagRest & Flags.TF) != 0;
        boolean resume = (cpu.flagRest & Flags.RF) != 0;
        cpu.shadow = false;
        cpu.debugShadow = false;
        if (!resume && Breakpoints.armed(cpu)) {
            long cause = Breakpoints.execution(cpu);
            if (cause != 0) {
                cpu.dr[6] |= cause;
                return raise(GuestFault.of(GuestFault.DB, 0));
            }
        }
        long start = cpu.rip;
        long end;
        cpu.mmu.alone = alone;
        try {
            Block block = blocks.single();
            end = block.end;
            cpu.rip = end;
            for (Step step : block.steps) {
                step.run(cpu);
            }
            executed++;
        } catch (GuestFault fault) {
            cpu.rip = start;
            return raise(fault);
        } catch (CodeStore _) {
            cpu.rip = start;
            return single(true);
        } catch (RuntimeException e) {
            cpu.rip = start;
            throw e;
        } finally {
            cpu.mmu.alone = false;
        }
        if (resume) {
            cpu.flagRest &= ~Flags.RF;
        }
        boolean branch = cpu.rip != end;
        if (trap && !cpu.debugShadow && (branch || (cpu.msrs.debugControl & Msrs.BRANCH_STEPS) == 0)) {
            cpu.debugCause |= Breakpoints.SINGLE_STEP;
        }
        if (cpu.debugCause != 0 && !cpu.debugShadow) {
            cpu.dr[6] |= cpu.debugCause;
            cpu.debugCause = 0;
            cpu.shadow = false;
            return Delivery.trap(cpu, GuestFault.DB) ? null : tripleFault(GuestFault.DB);
        }
        if (cpu.shadow) {
            attention.raise(Attention.LOOK);
        }
        return null;
    }

    // ---- attending

    private @Nullable Exit attend() {
        int bits = attention.take();
        if ((bits & Attention.EXCLUSIVE) != 0) {
            cpu.codePages.exclusion().pause();
        }
        if ((bits & Attention.MAPPING) != 0) {
            cpu.forgetAll();
        }
        if ((bits & Attention.FORGET) != 0) {
            cpu.forgetForOthers();
        }
        if ((bits & Attention.CODE_APPEARED) != 0) {
            cpu.mmu.forgetCodeWriters();
        }
        if ((bits & Attention.CODE_CHANGED) != 0) {
            cpu.codeStored();
        }
        if ((bits & Attention.LEAVE) != 0) {
            attention.raise(bits & ~Attention.LEAVE);
            return LEFT;
        }
        if (cpu.shadow) {
            // not at this boundary; look again at the next
            attention.raise(Attention.LOOK);
            return null;
        }
        return look();
    }

    /// Delivers what is deliverable at this boundary.
    private @Nullable Exit look() {
        InterruptSource interrupts = cpu.interrupts;
        if (!cpu.nmiBlocked && interrupts.takeNmi()) {
            cpu.halted = false;
            cpu.nmiBlocked = true;
            attention.raise(Attention.LOOK);
            return Delivery.interrupt(cpu, GuestFault.NMI) ? null : tripleFault(GuestFault.NMI);
        }
        if ((cpu.flagRest & Flags.IF) != 0) {
            int vector = interrupts.acknowledge();
            if (vector != InterruptSource.NONE) {
                cpu.halted = false;
                attention.raise(Attention.LOOK);
                return Delivery.interrupt(cpu, vector) ? null : tripleFault(vector);
            }
        }
        return cpu.halted ? HALTED : null;
    }

    // ---- the contract

    @Override
    public void notice() {
        attention.raise(Attention.LOOK);
    }

    @Override
    public void leave() {
        attention.raise(Attention.LEAVE);
    }

    @Override
    public void flushTranslations() {
        attention.raise(Attention.MAPPING);
    }

    @Override
    public ProcessorState state() {
        return Registers.copy(cpu);
    }

    @Override
    public void load(ProcessorState state) {
        Registers.load(cpu, state);
        blocks.clear();
    }

    @Override
    public Map<String, Long> exits() {
        Runner runner = this.runner;
        if (runner == null) {
            return Map.of();
        }
        Map<String, Long> counts = new LinkedHashMap<>(runner.exits());
        counts.put("interpreted", executed);
        return counts;
    }

    @Override
    public long instructions() {
        return runner == null ? executed : -1;
    }
}

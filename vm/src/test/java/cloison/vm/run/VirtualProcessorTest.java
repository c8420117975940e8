package cloison.vm.run;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.processor.Exit;
import cloison.machine.processor.Processor;
import cloison.machine.processor.ProcessorState;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/// How the end of an engine's run becomes the end of a partition.
class VirtualProcessorTest {
    /// An engine that does nothing but end its run.
    private record Engine(Supplier<Exit> exit) implements Processor {
        @Override
        public Exit run() {
            return exit.get();
        }

        @Override
        public void notice() {}

        @Override
        public void leave() {}

        @Override
        public void flushTranslations() {}

        @Override
        public ProcessorState state() {
            ProcessorState state = new ProcessorState();
            state.rip = 0x1234_5678L;
            return state;
        }

        @Override
        public void load(ProcessorState state) {}

        @Override
        public Map<String, Long> exits() {
            return Map.of();
        }

        @Override
        public long instructions() {
            return 0;
        }
    }

    /// {@return the outcome of a partition whose processor's engine ends so}
    @SuppressWarnings("NullAway") // the processor has nobody to talk to
    private static Outcome outcome(Supplier<Exit> exit) throws Exception {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        VirtualProcessor processor = new VirtualProcessor("guest/vp-0", outcome::complete);
        processor.connect(0, new Engine(exit), null, null);
        processor.boot(new ProcessorState());
        processor.start();
        Outcome how = outcome.get(1, TimeUnit.MINUTES);
        processor.stop();
        return how;
    }

    @Test
    void anEngineThatMeetsItsLimitsIsAFaultOfOursWithItsReport() throws Exception {
        assertThat(outcome(() -> new Exit.EngineFault("code bytes 0f 0b")))
                .isEqualTo(new Outcome.Failed("guest/vp-0: the processor engine met its limits", "code bytes 0f 0b"));
    }

    @Test
    void anEngineThatThrowsIsAFaultOfOursWithRegistersAndTrace() throws Exception {
        Outcome how = outcome(() -> {
            throw new IllegalStateException("a rule was broken");
        });

        assertThat(how).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.reason()).isEqualTo("guest/vp-0: java.lang.IllegalStateException: a rule was broken");
            assertThat(failed.report()).contains("12345678", "VirtualProcessorTest");
        });
    }

    @Test
    void aTripleFaultIsTheGuests() throws Exception {
        assertThat(outcome(() -> new Exit.TripleFault("registers")))
                .isEqualTo(new Outcome.Crashed("guest/vp-0: triple fault", "registers"));
    }
}

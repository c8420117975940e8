package cloison.control.host;

import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import cloison.vm.inspect.Inspection;
import cloison.vm.run.GuestFacts;
import cloison.vm.run.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A host whose guests say what a test wrote down for them.
public final class ScriptedHost implements Host {
    private final Map<String, Script> scripts = new HashMap<>();
    private @Nullable LabPlan plan;
    private final Map<String, ByteArrayOutputStream> typed = new HashMap<>();
    private boolean closed;

    /// What a guest does.
    ///
    /// @param console what it writes on its console
    /// @param outcome how it ends, or null if it runs until it is stopped or [#QUIT] is typed
    /// @param facts what the host knows of it
    /// @param asked what it does when it is asked to shut down
    public record Script(String console, @Nullable Outcome outcome, GuestFacts facts, Asked asked) {
        /// A guest that shuts down when it is asked.
        public Script(String console, @Nullable Outcome outcome, GuestFacts facts) {
            this(console, outcome, facts, Asked.POWERS_OFF);
        }

        /// A guest of which the host knows nothing.
        public Script(String console, @Nullable Outcome outcome) {
            this(console, outcome, new GuestFacts(null, 0, 0, List.of()));
        }
    }

    /// What a guest does that is asked to shut down.
    public enum Asked {
        /// It does so.
        POWERS_OFF,
        /// It says that it will, and does not.
        LINGERS,
        /// Nothing in it listens.
        IS_DEAF
    }

    /// What powers a guest off that runs on.
    public static final char QUIT = 'q';

    /// Writes down what the guest called `name` does.
    public ScriptedHost guest(String name, Script script) {
        scripts.put(name, script);
        return this;
    }

    /// {@return the plan it was given}
    public LabPlan plan() {
        if (plan == null) {
            throw new AssertionError("nothing was run");
        }
        return plan;
    }

    /// {@return what was typed on a guest's console}
    public String typed(String name) {
        return typed.get(name).toString(StandardCharsets.UTF_8);
    }

    /// {@return whether the lab was given back}
    public boolean closed() {
        return closed;
    }

    @Override
    public RunningLab create(LabPlan made, Observers observers) {
        plan = made;
        List<RunningGuest> guests = made.partitions().stream()
                .map(partition -> (RunningGuest) new Guest(partition, observers))
                .toList();
        return new RunningLab() {
            @Override
            public List<RunningGuest> guests() {
                return guests;
            }

            @Override
            public Inspection.Group inspect() {
                SequencedMap<String, Inspection> parts = new LinkedHashMap<>();
                made.partitions().forEach(partition -> parts.put(partition.name(), partition(partition)));
                parts.put(
                        "switches",
                        group(made.switches().stream()
                                .collect(Collectors.toMap(
                                        SwitchConfig::name,
                                        one -> text(one.type().name())))));
                return group(parts);
            }

            @Override
            public void close() {
                guests.forEach(RunningGuest::stop);
                closed = true;
            }
        };
    }

    /// {@return a partition that runs, whose processor left emitted code seven times}
    private static Inspection.Group partition(PartitionConfig config) {
        SequencedMap<String, Inspection> parts = new LinkedHashMap<>();
        parts.put("state", text("running"));
        parts.put("engine", text("scripted"));
        parts.put("processors", new Inspection.Count(config.cpus(), ""));
        parts.put("memory", new Inspection.Count(config.memoryBytes(), "bytes"));
        parts.put("uptime", new Inspection.Time(1_500_400_000));
        parts.put("last-words", text("good\u001b[2Jbye"));
        parts.put("link", new Inspection.Flag(true));
        Inspection.Count count = new Inspection.Count(7, "times");
        parts.put("vp", group(Map.of("0", group(Map.of("exits", group(Map.of("access", count)))))));
        parts.put("nics", group(Map.of()));
        return group(parts);
    }

    private static Inspection.Text text(String value) {
        return new Inspection.Text(value);
    }

    private static Inspection.Group group(Map<String, ? extends Inspection> parts) {
        return new Inspection.Group(new LinkedHashMap<>(parts));
    }

    private final class Guest implements RunningGuest {
        private final String name;
        private final Script script;
        private final Observers observers;
        private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private final CompletableFuture<Void> played = new CompletableFuture<>();

        Guest(PartitionConfig partition, Observers observers) {
            this.name = partition.name();
            this.script = scripts.getOrDefault(name, new Script("", new Outcome.PoweredOff()));
            this.observers = observers;
            typed.put(name, keys);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void start() {
            Thread.ofVirtual().start(this::play);
        }

        private void play() {
            IntPredicate console = observers.consoles().apply(name);
            for (byte one : script.console().getBytes(StandardCharsets.UTF_8)) {
                while (!console.test(one & 0xff)) {
                    Thread.onSpinWait();
                }
            }
            if (observers.trace() != null) {
                observers.trace().accept(name + " was traced");
            }
            if (observers.capture() != null) {
                try {
                    observers.capture().write(1);
                    observers.capture().flush();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            if (script.outcome() != null) {
                outcome.complete(script.outcome());
            }
            played.complete(null);
        }

        @Override
        public int type(byte[] from, int at, int length) {
            keys.write(from, at, 1);
            if (from[at] == QUIT) {
                // A guest that is typed at says first what it has to say.
                played.thenRun(() -> outcome.complete(new Outcome.PoweredOff()));
            }
            return 1;
        }

        @Override
        public @Nullable String shutDown() {
            if (script.asked() == Asked.POWERS_OFF) {
                outcome.complete(new Outcome.PoweredOff());
            }
            return script.asked() == Asked.IS_DEAF ? "nothing in it listens" : null;
        }

        @Override
        public void stop() {
            outcome.complete(new Outcome.Stopped());
        }

        @Override
        public Outcome await() throws InterruptedException {
            try {
                return outcome.get();
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public GuestFacts facts() {
            return script.facts();
        }
    }
}

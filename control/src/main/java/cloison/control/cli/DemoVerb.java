package cloison.control.cli;

import cloison.control.demo.Demo;
import cloison.control.demo.DemoReport;
import cloison.control.lab.Lab;
import cloison.control.lab.LabFile;
import cloison.control.lab.Quantity;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `cloison demo`: two stock guests talk to each other.
@Command(
        name = "demo",
        sortOptions = false,
        description = {
            "Two stock Debian guests, one switch, ping and TCP between them, and a report in which guests,"
                    + " NetVSP and switch must have counted the same.",
            "The lab is examples/two-guests.yaml. Status 0 only if all checks held."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cloison demo",
            "  cloison demo --json > report.json",
            "  cloison demo --pcap demo.pcapng --trace demo.txt"
        })
final class DemoVerb implements Callable<Integer> {
    private static final String LAB = "two-guests.yaml";

    private final Surroundings surroundings;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "auto, translator or interpreter [${DEFAULT-VALUE}].")
    private String engine = "auto";

    @Option(names = "--timeout", paramLabel = "TIME", description = "Stop the guests after TIME [${DEFAULT-VALUE}].")
    private String timeout = "10m";

    @Option(names = "--json", description = "Print the report as JSON; progress goes to standard error.")
    private boolean json;

    @Option(names = "--verbose", description = "Show every line of the guests' consoles too.")
    private boolean verbose;

    @Mixin
    private Recording recording = new Recording();

    DemoVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        Duration limit = Quantity.time(timeout);
        LabPlan plan = Fetching.plan(lab(), surroundings, EngineName.of(engine), true);
        PrintWriter progress = json ? surroundings.err() : surroundings.out();
        Demo.Result result;
        try (Recording records = recording) {
            records.open();
            result = new Demo(
                            records.watched(surroundings.host()),
                            System::nanoTime,
                            new Telling(progress, verbose),
                            records.trace(),
                            records.capture())
                    .run(plan, limit);
            records.finish();
        }
        DemoReport report = result.report();
        result.ends().stream()
                .filter(end -> ExitStatus.of(end) != ExitStatus.OK)
                .forEach(end -> Ending.tell(end, limit, surroundings.err()));
        if (json) {
            surroundings.out().println(Json.of(report));
        } else {
            surroundings.out().println();
            surroundings.out().print(Demo.text(report));
            surroundings.out().flush();
        }
        int worst = ExitStatus.worst(result.ends());
        return report.held() ? ExitStatus.OK : worst == ExitStatus.OK ? ExitStatus.FAULT : worst;
    }

    /// {@return the lab of this build, the same file as in `examples/`}
    private static Lab lab() {
        try (InputStream from = Demo.class.getResourceAsStream(LAB)) {
            if (from == null) {
                throw new IllegalStateException(LAB + " is missing from this build");
            }
            return LabFile.parse(LAB, new String(from.readAllBytes(), StandardCharsets.UTF_8), Path.of("/"));
        } catch (IOException e) {
            throw new IllegalStateException(LAB + " of this build cannot be read", e);
        }
    }

    /// Progress as lines with the time since the start.
    private record Telling(PrintWriter to, boolean verbose) implements Demo.Telling {
        @Override
        public void event(double seconds, String guest, String what) {
            to.printf(Locale.ROOT, "%7.1f s  %s: %s%n", seconds, guest, what);
            to.flush();
        }

        @Override
        public void line(String guest, String text) {
            if (verbose) {
                to.println(guest + ": " + text);
            }
        }
    }
}

package cloison.control.cli;

import cloison.control.console.ConsoleOutput;
import cloison.control.console.LineSplitter;
import cloison.control.host.Foreground;
import cloison.control.host.Observers;
import cloison.control.host.RunningLab;
import cloison.control.lab.LabFile;
import cloison.control.lab.Quantity;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `cloison up`: a lab in the foreground.
@Command(
        name = "up",
        sortOptions = false,
        description = {
            "Runs a lab in the foreground: the switches and partitions that a file declares.",
            "Every console line comes with its guest's name before it. It ends when all guests have ended,"
                    + " with the worst of their statuses.",
            "Ctrl-C (SIGINT) or SIGTERM asks the guests to shut down, a second one stops them."
                    + " A guest that has no driver to ask is stopped at once."
        },
        footerHeading = "%nExample of a lab file:%n",
        footer = {
            "  name: two-guests",
            "  switches:",
            "    lan: {type: private}              # private | internal",
            "  partitions:",
            "    web:",
            "      boot: debian-12-cloud           # a guest that is fetched, or {kernel: FILE, initrd: FILE}",
            "      memory: 512M",
            "      cpus: 1",
            "      append: \"quiet\"                 # comes after console=ttyS0 panic=-1",
            "      nics:",
            "        - {switch: lan, type: synthetic, mac: \"00:15:5d:00:00:01\"}",
            "",
            "Examples:",
            "  cloison up examples/two-guests.yaml",
            "  cloison up lab.yaml --timeout 10m --pcap lab.pcapng"
        })
final class UpVerb implements Callable<Integer> {
    private final Surroundings surroundings;

    @Parameters(paramLabel = "LAB.yaml", description = "The file that declares the lab.")
    private Path file = Path.of("");

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "auto, translator or interpreter [${DEFAULT-VALUE}].")
    private String engine = "auto";

    @Option(names = "--timeout", paramLabel = "TIME", description = "Stop the guests after TIME, like 120s or 2m.")
    private @Nullable String timeout;

    @Option(names = "--no-reboot", description = "End a guest that asks for a reset, with status 3.")
    private boolean noReboot;

    @Mixin
    private Recording recording = new Recording();

    UpVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        Duration limit = timeout == null ? null : Quantity.time(timeout);
        LabPlan plan = Fetching.plan(LabFile.read(file), surroundings, EngineName.of(engine), noReboot);
        try (Recording records = recording) {
            records.open();
            List<Foreground.End> ends = run(plan, limit);
            records.finish();
            ends.forEach(end -> Ending.tell(end, limit, surroundings.err()));
            return ExitStatus.worst(ends);
        }
    }

    private List<Foreground.End> run(LabPlan plan, @Nullable Duration limit) throws InterruptedException {
        PrintWriter out = surroundings.out();
        Map<String, ConsoleOutput> consoles = new HashMap<>();
        for (PartitionConfig partition : plan.partitions()) {
            String prefix = partition.name() + ": ";
            LineSplitter lines = new LineSplitter(line -> out.println(prefix + line));
            consoles.put(partition.name(), new ConsoleOutput(partition.name(), lines));
        }
        Observers observers = new Observers(
                guest -> Objects.requireNonNull(consoles.get(guest)), recording.trace(), recording.capture());
        try (RunningLab lab = recording.watched(surroundings.host()).create(plan, observers);
                Signals.Listening _ = surroundings.whenToEnd(surroundings.dismissal(lab))) {
            return new Foreground(lab, limit, (_, _) -> {}).run();
        } finally {
            consoles.values().forEach(ConsoleOutput::close);
        }
    }
}

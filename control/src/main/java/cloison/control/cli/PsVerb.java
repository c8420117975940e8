package cloison.control.cli;

import cloison.control.socket.LabClient;
import cloison.vm.config.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `cloison ps`: the labs that run, and their partitions.
@Command(
        name = "ps",
        sortOptions = false,
        description = "Lists the running labs of this user with their partitions: every 'run', 'up' and 'demo'.",
        footerHeading = "%nExamples:%n",
        footer = {"  cloison ps", "  cloison ps --json | jq '.[].partitions[].name'"})
final class PsVerb implements Callable<Integer> {
    private static final String ROW = "%-16s  %-16s  %-11s  %-11s  %10s  %8s  %10s%n";

    private final Surroundings surroundings;

    @Option(names = "--json", description = "Print the list as JSON.")
    private boolean json;

    PsVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        LabClient client = LabClient.of(surroundings.environment());
        List<ListedLab> labs = new ArrayList<>();
        int status = ExitStatus.OK;
        for (String lab : client.labs()) {
            try {
                labs.add(ListedLab.of(lab, client.inspect(lab, "")));
            } catch (ConfigurationException silent) {
                surroundings.err().println("cloison: " + silent.getMessage());
                status = ExitStatus.USAGE;
            }
        }
        if (json) {
            surroundings.out().println(Json.of(labs));
        } else {
            surroundings.out().printf(ROW, "LAB", "PARTITION", "STATE", "ENGINE", "PROCESSORS", "MEMORY", "UPTIME");
            labs.forEach(this::print);
            surroundings.out().flush();
        }
        return status;
    }

    private void print(ListedLab lab) {
        for (ListedLab.Partition each : lab.partitions()) {
            surroundings
                    .out()
                    .printf(
                            Locale.ROOT,
                            ROW,
                            lab.lab(),
                            each.name(),
                            each.state(),
                            each.engine(),
                            each.processors(),
                            (each.memoryBytes() >> 20) + " MiB",
                            "%.1f s".formatted(each.uptimeSeconds()));
        }
    }
}

package cloison.control.cli;

import cloison.control.socket.LabClient;
import cloison.vm.config.ConfigurationException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/// `cloison inspect`: what the host knows of a running lab.
@Command(
        name = "inspect",
        sortOptions = false,
        description = {
            "Shows what the host knows of a running lab: a tree of partitions, processors, devices and switches.",
            "Without PATH the top of the tree; with the path of a group all that is in it; with the path of a value the"
                    + " value alone. Looking costs the guests nothing; counts may be a little old."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cloison inspect",
            "  cloison inspect guest/vp/0/exits         why processor 0 left emitted code, how often",
            "  cloison inspect guest/nics/0/netvsp/sent-packets",
            "  cloison inspect --lab two-guests switches/lan",
            "  cloison inspect guest --json | jq .vmbus",
            "",
            "docs/reference/inspect.md explains the tree. 'cloison ps' lists the labs."
        })
final class InspectVerb implements Callable<Integer> {
    /// Levels that are shown without a path: of a partition its own values, and the names of its parts.
    private static final int TOP = 2;

    private final Surroundings surroundings;

    @Parameters(
            arity = "0..1",
            paramLabel = "PATH",
            description = "Names with '/' between, from a partition or from 'switches' on.")
    private String path = "";

    @Option(names = "--lab", paramLabel = "NAME", description = "The lab, where several run.")
    private @Nullable String lab;

    @Option(names = "--json", description = "Print values and groups as JSON, without PATH the whole tree.")
    private boolean json;

    InspectVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() {
        LabClient client = LabClient.of(surroundings.environment());
        JsonNode found = client.inspect(chosen(client.labs()), path).found();
        if (json) {
            surroundings.out().println(Json.of(FactTree.values(found)));
        } else {
            boolean whole = path.chars().anyMatch(character -> character != '/');
            surroundings.out().print(FactTree.text(found, whole ? Integer.MAX_VALUE : TOP));
            surroundings.out().flush();
        }
        return ExitStatus.OK;
    }

    private String chosen(List<String> labs) {
        if (labs.isEmpty()) {
            throw new ConfigurationException(
                    "no lab runs; start one with 'cloison run', 'up' or 'demo', and inspect it from another terminal");
        }
        String names = String.join(", ", labs);
        if (lab == null && labs.size() > 1) {
            throw new ConfigurationException("several labs run; name one of them with --lab: " + names);
        }
        if (lab != null && !labs.contains(lab)) {
            throw new ConfigurationException("no lab '" + lab + "' runs; there is " + names);
        }
        return lab == null ? labs.getFirst() : lab;
    }
}

package cloison.control.cli;

import cloison.control.socket.LabClient;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// A running lab in a list, as JSON has it.
///
/// @param lab its name
/// @param process the number of its process
/// @param partitions its partitions
record ListedLab(String lab, long process, List<Partition> partitions) {
    /// A partition in a list.
    ///
    /// @param name its name
    /// @param state where it stands: `running`, or how it ended
    /// @param engine what executes its instructions
    /// @param processors its virtual processors
    /// @param memoryBytes its RAM
    /// @param uptimeSeconds since it was made or reset, without pauses, until its end
    record Partition(
            String name, String state, String engine, long processors, long memoryBytes, double uptimeSeconds) {}

    /// {@return the lab called `name`, which was found}
    static ListedLab of(String name, LabClient.Found found) {
        List<Partition> partitions = new ArrayList<>();
        found.found().path("parts").forEachEntry((partition, of) -> {
            JsonNode facts = of.path("parts");
            // The switches have no state.
            if (facts.has("state")) {
                partitions.add(new Partition(
                        partition,
                        value(facts, "state").asString(""),
                        value(facts, "engine").asString(""),
                        value(facts, "processors").asLong(0),
                        value(facts, "memory").asLong(0),
                        value(facts, "uptime").asDouble(0)));
            }
        });
        return new ListedLab(name, found.process(), partitions);
    }

    private static JsonNode value(JsonNode facts, String name) {
        return facts.path(name).path("value");
    }
}

package cloison.control.socket;

import cloison.vm.inspect.Inspection;
import cloison.vm.inspect.Inspection.Group;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What a lab answers to requests, line by line.
///
/// **Owner:** any thread.
final class LabAnswers {
    private static final JsonMapper MAPPER = JsonMapper.shared();
    private static final String INSPECT = "inspect";

    private final String lab;
    private final Supplier<Group> look;

    /// The answers of the lab called `lab`, whose state `look` gives.
    LabAnswers(String lab, Supplier<Group> look) {
        this.lab = lab;
        this.look = look;
    }

    /// {@return the answer to a request, without line breaks}
    String answer(String request) {
        try {
            JsonNode command = MAPPER.readTree(request);
            JsonNode path = command.get(INSPECT);
            return path == null || !path.isString() || command.size() != 1
                    ? problem("a lab does not know such a request; it knows {\"inspect\": \"PATH\"}")
                    : found(path.asString());
        } catch (JacksonException malformed) {
            return problem("a request must be a line of JSON");
        } catch (RuntimeException broken) {
            return problem("a fault of ours; please report it: " + broken);
        }
    }

    /// {@return the answer to a request that was not understood}
    String problem(String what) {
        return MAPPER.writeValueAsString(reply().put("problem", what));
    }

    private ObjectNode reply() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("lab", lab)
                .put("process", ProcessHandle.current().pid());
    }

    private String found(String path) {
        Inspection at = look.get();
        String above = "lab '" + lab + "'";
        for (String name : path.split("/")) {
            if (name.isEmpty()) {
                continue;
            }
            if (!(at instanceof Group group)) {
                return problem(above + " is a value; there is no '" + name + "' in it");
            }
            Inspection next = group.parts().get(name);
            if (next == null) {
                String there = group.parts().isEmpty()
                        ? "there is nothing in it now"
                        : "there is " + String.join(", ", group.parts().sequencedKeySet());
                return problem("there is no '" + name + "' in " + above + "; " + there);
            }
            above = above.startsWith("lab ") ? name : above + "/" + name;
            at = next;
        }
        ObjectNode reply = reply();
        reply.set("found", json(at));
        return MAPPER.writeValueAsString(reply);
    }

    private static JsonNode json(Inspection of) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        return switch (of) {
            case Group group -> {
                ObjectNode parts = json.putObject("parts");
                group.parts().forEach((name, part) -> parts.set(name, json(part)));
                yield json;
            }
            case Inspection.Count(long value, String unit) ->
                json.put("value", value).put("unit", unit);
            case Inspection.Time(long nanos) ->
                json.put("value", Math.round(nanos / 1e6) / 1e3).put("unit", "seconds");
            case Inspection.Text(String value) -> json.put("value", value);
            case Inspection.Flag(boolean value) -> json.put("value", value);
        };
    }
}

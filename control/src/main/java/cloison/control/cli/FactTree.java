package cloison.control.cli;

import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What a lab has found, for people and for programs.
///
/// It comes as objects with `parts`, objects by name, or with a `value` and perhaps its `unit`.
final class FactTree {
    private static final String INDENT = "  ";

    private FactTree() {}

    /// {@return a value alone on a line, or the parts of a group with their units, an indented line each}
    ///
    /// @param depth how many levels of groups are opened
    static String text(JsonNode found, int depth) {
        if (!found.has("parts")) {
            return printable(found.path("value")) + System.lineSeparator();
        }
        StringBuilder text = new StringBuilder();
        append(text, found.path("parts"), depth, "");
        return text.toString();
    }

    private static void append(StringBuilder text, JsonNode parts, int depth, String indent) {
        int width = 0;
        for (Map.Entry<String, JsonNode> part : parts.properties()) {
            width = part.getValue().has("parts")
                    ? width
                    : Math.max(width, part.getKey().length());
        }
        for (Map.Entry<String, JsonNode> part : parts.properties()) {
            JsonNode of = part.getValue();
            text.append(indent).append(part.getKey());
            if (of.has("parts")) {
                text.append('/').append(System.lineSeparator());
                if (depth > 1) {
                    append(text, of.path("parts"), depth - 1, indent + INDENT);
                }
            } else {
                String unit = of.path("unit").asString("");
                text.repeat(' ', width - part.getKey().length())
                        .append(INDENT)
                        .append(printable(of.path("value")))
                        .append(unit.isEmpty() ? "" : " ")
                        .append(unit)
                        .append(System.lineSeparator());
            }
        }
    }

    /// {@return a value as a line: a guest's last words are the guest's}
    private static String printable(JsonNode value) {
        return value.asString().replaceAll("\\p{Cntrl}", "?");
    }

    /// {@return only the values, with groups as objects}
    static JsonNode values(JsonNode found) {
        if (!found.has("parts")) {
            return found.path("value");
        }
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        found.path("parts").forEachEntry((name, part) -> values.set(name, values(part)));
        return values;
    }
}

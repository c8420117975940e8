package cloison.control.lab;

import cloison.vm.config.ConfigurationException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.composer.Composer;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/// A YAML document that is read strictly: what is not expected is a problem with a line number, and reading goes on to
/// find the next one.
///
/// Nodes are read and not made into objects, so a document cannot name a class, and an alias costs no more than it
/// says.
final class YamlReader {
    private final String file;
    private final List<Problem> problems = new ArrayList<>();

    private record Problem(int line, String text) {}

    /// A reader of the file called `file` in messages.
    YamlReader(String file) {
        this.file = file;
    }

    /// {@return the document's root, or `null` if the text is no YAML, which is then a problem}
    @Nullable
    Node root(String text) {
        try {
            LoadSettings settings = LoadSettings.builder().setLabel(file).build();
            Node root = new Composer(settings, new ParserImpl(settings, new StreamReader(settings, text)))
                    .getSingleNode()
                    .orElse(null);
            if (root == null) {
                problems.add(new Problem(1, "the file is empty; it needs at least 'partitions:'"));
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(Mark::getLine).orElse(0) + 1;
            problems.add(new Problem(line, "this is not YAML: " + oneLine(e.getProblem())));
        } catch (YamlEngineException e) {
            problems.add(new Problem(1, "this is not YAML: " + oneLine(String.valueOf(e.getMessage()))));
        }
        return null;
    }

    /// Notes a problem at a node.
    void problem(Node at, String text) {
        problems.add(new Problem(line(at), text));
    }

    /// {@return what `read` makes of a scalar's text, or `null` if it is none or `read` refuses it}
    <T> @Nullable T scalar(String what, Node node, Function<String, T> read) {
        if (!(node instanceof ScalarNode scalar)) {
            problem(node, what + " must be a single value");
            return null;
        }
        try {
            return read.apply(scalar.getValue());
        } catch (ConfigurationException refusal) {
            problem(node, String.valueOf(refusal.getMessage()));
            return null;
        }
    }

    /// {@return what `read` makes of the value of a key, or `otherwise` if the key is not there}
    <T> @Nullable T scalar(Entries entries, String key, @Nullable T otherwise, Function<String, T> read) {
        Node node = entries.values().get(key);
        return node == null ? otherwise : scalar(key, node, read);
    }

    /// {@return the entries of a mapping by key; anything but a mapping is a problem and has none}
    Entries entries(String what, Node node) {
        SequencedMap<String, Node> keys = new LinkedHashMap<>();
        SequencedMap<String, Node> values = new LinkedHashMap<>();
        if (!(node instanceof MappingNode mapping)) {
            problem(node, what + " must be a mapping of keys to values");
            return new Entries(node, keys, values);
        }
        for (NodeTuple tuple : mapping.getValue()) {
            String key = scalar("a key of " + what, tuple.getKeyNode(), Function.identity());
            if (key == null) {
                continue;
            }
            if (values.containsKey(key)) {
                problem(tuple.getKeyNode(), "'" + key + "' stands twice in " + what);
            } else {
                keys.put(key, tuple.getKeyNode());
                values.put(key, tuple.getValueNode());
            }
        }
        return new Entries(node, keys, values);
    }

    /// {@return the entries of a mapping that may have only the keys `known`}
    Entries entries(String what, Node node, List<String> known) {
        Entries entries = entries(what, node);
        entries.keys().forEach((key, at) -> {
            if (!known.contains(key)) {
                problem(at, what + " has no key '" + key + "'; it has " + String.join(", ", known));
            }
        });
        return entries;
    }

    /// {@return the items of a sequence; anything but a sequence is a problem and has none}
    List<Node> items(String what, Node node) {
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        problem(node, what + " must be a list");
        return List.of();
    }

    /// Refuses the file if there was a problem.
    void finish() {
        if (!problems.isEmpty()) {
            throw new LabRefusal(problems.stream()
                    .sorted(Comparator.comparingInt(Problem::line))
                    .map(problem -> file + ":" + problem.line() + ": " + problem.text())
                    .distinct()
                    .toList());
        }
    }

    private static int line(Node node) {
        return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }

    /// The entries of a mapping.
    ///
    /// @param node the mapping
    /// @param keys where each key stands
    /// @param values each key's value
    record Entries(Node node, SequencedMap<String, Node> keys, SequencedMap<String, Node> values) {}
}

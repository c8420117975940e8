package cloison.vm.inspect;

import cloison.machine.counter.Counter;
import cloison.machine.counter.Counters;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// The parts of a group while they are put together, each with its name in lower case.
final class Parts {
    private final SequencedMap<String, Inspection> parts = new LinkedHashMap<>();

    /// No parts yet.
    Parts() {}

    Parts group(Object name, Parts of) {
        parts.put(name.toString(), of.group());
        return this;
    }

    Parts count(String name, long value, String unit) {
        parts.put(name, new Inspection.Count(value, unit));
        return this;
    }

    Parts time(String name, long nanos) {
        parts.put(name, new Inspection.Time(nanos));
        return this;
    }

    Parts flag(String name, boolean value) {
        parts.put(name, new Inspection.Flag(value));
        return this;
    }

    /// Adds a text, unless there is none.
    Parts text(String name, @Nullable String value) {
        if (value != null) {
            parts.put(name, new Inspection.Text(value));
        }
        return this;
    }

    /// Adds each count of `values` with its own name.
    Parts counts(Map<String, Long> values, String unit) {
        values.forEach((name, value) -> count(name, value, unit));
        return this;
    }

    /// Adds each counter with its own name.
    <C extends Enum<C> & Counter> Parts counters(Counters<C> counters) {
        counters.values().forEach((counter, value) -> count(word(counter), value, counter.sentence()));
        return this;
    }

    /// {@return a constant's name as an operator writes it}
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// {@return what was put together}
    Inspection.Group group() {
        return new Inspection.Group(parts);
    }
}

package cloison.vm.inspect;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// What the host knows of a thing: a value, or a group of named parts.
///
/// It is a copy. Its values were read one after the other while guests ran on, so they may be a little old and need
/// not belong to one moment.
public sealed interface Inspection {
    /// Several things.
    ///
    /// @param parts by name, in the order in which people want to see them; no name has a `/`
    record Group(SequencedMap<String, Inspection> parts) implements Inspection {
        /// Takes a copy.
        public Group {
            parts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parts));
        }
    }

    /// A number of things.
    ///
    /// @param value how many
    /// @param unit of what, for people; may be empty
    record Count(long value, String unit) implements Inspection {}

    /// A time.
    ///
    /// @param nanos in nanoseconds
    record Time(long nanos) implements Inspection {}

    /// A word, or a line.
    record Text(String value) implements Inspection {}

    /// Whether something is so.
    record Flag(boolean value) implements Inspection {}
}

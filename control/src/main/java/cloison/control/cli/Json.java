package cloison.control.cli;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Records as JSON, for programs that read.
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private Json() {}

    /// {@return `value` as JSON}
    static String of(Object value) {
        return MAPPER.writeValueAsString(value);
    }
}

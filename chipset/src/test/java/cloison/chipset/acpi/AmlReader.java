package cloison.chipset.acpi;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads the part of AML that names data: scopes, devices, names, integers, strings, buffers, packages. Anything else
/// fails.
final class AmlReader {
    private final byte[] code;
    private int at;
    private final Map<String, Object> objects = new LinkedHashMap<>();

    private AmlReader(byte[] code, int at) {
        this.code = code;
        this.at = at;
    }

    /// {@return every named object by its path; a device has its path as its value}
    static Map<String, Object> read(byte[] table, int from) {
        AmlReader reader = new AmlReader(table, from);
        reader.terms("", table.length);
        return reader.objects;
    }

    private int u8() {
        return code[at++] & 0xFF;
    }

    private long integer(int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) u8() << 8 * i;
        }
        return value;
    }

    private int packageEnd() {
        int start = at;
        int lead = u8();
        int following = lead >>> 6;
        if (following == 0) {
            return start + lead;
        }
        int length = lead & 15;
        for (int i = 0; i < following; i++) {
            length |= u8() << 4 + 8 * i;
        }
        return start + length;
    }

    private String name(String scope) {
        String prefix = scope + ".";
        if (code[at] == '\\') {
            at++;
            prefix = "\\";
        }
        String segment = new String(code, at, 4, StandardCharsets.US_ASCII);
        if (!segment.matches("[A-Z_][A-Z0-9_]{3}")) {
            throw new IllegalStateException("not a name segment: " + segment);
        }
        at += 4;
        return prefix + segment;
    }

    private void terms(String scope, int end) {
        while (at < end) {
            int operator = u8();
            switch (operator) {
                case 0x08 -> objects.put(name(scope), data());
                case 0x10 -> body(scope);
                case 0x5B -> {
                    if (u8() != 0x82) {
                        throw new IllegalStateException("not a device at " + at);
                    }
                    body(scope);
                }
                default -> throw new IllegalStateException("unknown operator %x at %d".formatted(operator, at));
            }
        }
        if (at != end) {
            throw new IllegalStateException("ran over the end of a package");
        }
    }

    private void body(String scope) {
        int end = packageEnd();
        String path = name(scope);
        objects.put(path, path);
        terms(path, end);
    }

    private Object data() {
        int operator = u8();
        return switch (operator) {
            case 0x00 -> 0L;
            case 0x01 -> 1L;
            case 0x0A -> integer(1);
            case 0x0B -> integer(2);
            case 0x0C -> integer(4);
            case 0x0E -> integer(8);
            case 0x0D -> string();
            case 0x11 -> buffer();
            case 0x12 -> elements();
            default -> throw new IllegalStateException("unknown data %x at %d".formatted(operator, at));
        };
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        for (int c = u8(); c != 0; c = u8()) {
            text.append((char) c);
        }
        return text.toString();
    }

    private byte[] buffer() {
        int end = packageEnd();
        byte[] content = new byte[Math.toIntExact((Long) data())];
        System.arraycopy(code, at, content, 0, content.length);
        at += content.length;
        if (at != end) {
            throw new IllegalStateException("a buffer does not fill its package");
        }
        return content;
    }

    private List<Object> elements() {
        int end = packageEnd();
        int count = u8();
        List<Object> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(data());
        }
        if (at != end) {
            throw new IllegalStateException("a package has more bytes than elements");
        }
        return elements;
    }
}

package cloison.cpu.decode;

import cloison.cpu.state.Flags;
import cloison.machine.processor.CpuFeature;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads the text of one table file: see `package-info` for the grammar.
final class TableReader {
    private final String file;
    private final Map<String, ? extends Op> ops;
    private final Map<String, OperandCode> codes;

    /// @param ops the family's constants by name
    /// @param codes the operand codes met so far, shared between files
    TableReader(String file, Map<String, ? extends Op> ops, Map<String, OperandCode> codes) {
        this.file = file;
        this.ops = ops;
        this.codes = codes;
    }

    /// Adds the rows of `text` to `rows`.
    void read(String text, List<Row> rows) {
        int line = 0;
        for (int at = 0; at < text.length(); ) {
            int end = text.indexOf('\n', at);
            end = end < 0 ? text.length() : end;
            line++;
            List<String> words = words(text, at, end);
            at = end + 1;
            if (words.isEmpty()) {
                continue;
            }
            try {
                rows.add(row(words));
            } catch (IllegalStateException e) {
                throw new IllegalStateException("%s:%d: %s: %s".formatted(file, line, words, e.getMessage()), e);
            }
        }
    }

    private static List<String> words(String text, int from, int to) {
        List<String> words = new ArrayList<>();
        int at = from;
        while (at < to) {
            char c = text.charAt(at);
            if (c == '#') {
                break;
            }
            if (c <= ' ') {
                at++;
                continue;
            }
            int start = at;
            while (at < to && text.charAt(at) > ' ' && text.charAt(at) != '#') {
                at++;
            }
            words.add(text.substring(start, at));
        }
        return words;
    }

    private Row row(List<String> words) {
        EncodingWords encoding = new EncodingWords();
        int at = 0;
        while (at < words.size() && encoding.take(words.get(at))) {
            at++;
        }
        if (words.size() - at < 2) {
            throw new IllegalStateException("a row is encoding, operation, operands, attributes");
        }
        Op op = ops.get(words.get(at));
        if (op == null) {
            throw new IllegalStateException("the family has no operation " + words.get(at));
        }
        String operands = words.get(at + 1);
        List<OperandCode> registerCodes = new ArrayList<>();
        List<OperandCode> memoryCodes = new ArrayList<>();
        if (!operands.equals("-")) {
            for (String operand : split(operands)) {
                int slash = operand.indexOf('/');
                registerCodes.add(code(slash < 0 ? operand : operand.substring(0, slash)));
                memoryCodes.add(code(slash < 0 ? operand : operand.substring(slash + 1)));
            }
        }
        Set<String> attributes = new HashSet<>();
        int read = 0;
        int written = 0;
        int undefined = 0;
        for (String word : words.subList(at + 2, words.size())) {
            if (word.startsWith("r=")) {
                read = flags(word);
            } else if (word.startsWith("w=")) {
                written = flags(word);
            } else if (word.startsWith("u=")) {
                undefined = flags(word);
            } else if (!word.equals("-")) {
                attributes.add(attribute(word));
            }
        }
        return new Row(
                String.join(" ", words.subList(0, at)),
                encoding.form(place(encoding, registerCodes, memoryCodes)),
                op,
                operands,
                List.copyOf(registerCodes),
                List.copyOf(memoryCodes),
                Set.copyOf(attributes),
                read,
                written | undefined,
                undefined,
                attributes.contains("ends"),
                attributes.contains("lock"),
                attributes.contains("f64")
                        ? Row.Size.FORCED_64
                        : attributes.contains("d64") ? Row.Size.DEFAULT_64 : Row.Size.ORDINARY,
                attributes.contains("i64")
                        ? Row.Modes.NOT_64
                        : attributes.contains("o64") ? Row.Modes.ONLY_64 : Row.Modes.ALL);
    }

    private static String attribute(String word) {
        return switch (word) {
            case "lock", "cpl0", "i64", "o64", "d64", "f64", "w64", "ends", "rep", "faults" -> word;
            default -> {
                if (!word.startsWith(Row.FEATURE)) {
                    throw new IllegalStateException("no attribute is called " + word);
                }
                CpuFeature.called(word.substring(Row.FEATURE.length()));
                yield word;
            }
        };
    }

    private static List<String> split(String operands) {
        List<String> parts = new ArrayList<>(4);
        int at = 0;
        for (int comma; (comma = operands.indexOf(',', at)) >= 0; at = comma + 1) {
            parts.add(operands.substring(at, comma));
        }
        parts.add(operands.substring(at));
        return parts;
    }

    private OperandCode code(String text) {
        OperandCode code = codes.get(text);
        if (code == null) {
            code = OperandCode.of(text);
            codes.put(text, code);
        }
        return code;
    }

    /// Letters that name only memory, or only a register, say so for the whole form.
    private static Form.Place place(
            EncodingWords encoding, List<OperandCode> registerCodes, List<OperandCode> memoryCodes) {
        Form.Place place = encoding.place;
        for (int i = 0; i < registerCodes.size(); i++) {
            OperandCode code = registerCodes.get(i);
            if (code != memoryCodes.get(i)) {
                continue;
            }
            switch (code.source()) {
                case REG_CONTROL, REG_DEBUG -> {
                    return Form.Place.REGISTER_ALWAYS;
                }
                case RM_MEMORY, RM_GATHERED -> place = Form.Place.MEMORY;
                case RM_REGISTER, RM_XMM_REGISTER, RM_MMX_REGISTER -> place = Form.Place.REGISTER;
                default -> {}
            }
        }
        return place;
    }

    private static int flags(String word) {
        int flags = 0;
        for (int i = 2; i < word.length(); i++) {
            flags |= switch (word.charAt(i)) {
                case 'o' -> Flags.OF;
                case 's' -> Flags.SF;
                case 'z' -> Flags.ZF;
                case 'a' -> Flags.AF;
                case 'p' -> Flags.PF;
                case 'c' -> Flags.CF;
                default -> throw new IllegalStateException("no status flag has the letter " + word.charAt(i));
            };
        }
        return flags;
    }

    /// The words of one encoding column, as they come.
    private static final class EncodingWords {
        private Form.Prefix prefix = Form.Prefix.ANY;
        private boolean vex;
        private int length = -1;
        private int rexW = -1;
        private final int[] bytes = new int[4];
        private int count;
        private boolean plus;
        private boolean stack;
        private boolean modrm;
        private int digit = -1;
        private Form.Place place = Form.Place.ANY;
        private final List<Form.Immediate> immediates = new ArrayList<>(2);

        /// {@return whether `word` belonged to the encoding}
        boolean take(String word) {
            switch (word) {
                case "NP" -> prefix = Form.Prefix.NONE;
                case "NFx" -> prefix = Form.Prefix.NO_REPEAT;
                case "W0" -> rexW = 0;
                case "W1" -> rexW = 1;
                case "/r" -> modrm = true;
                case "mem" -> place = Form.Place.MEMORY;
                case "reg" -> place = Form.Place.REGISTER;
                case "ib" -> immediates.add(Form.Immediate.BYTE);
                case "iw" -> immediates.add(Form.Immediate.WORD);
                case "id" -> immediates.add(Form.Immediate.DOUBLE);
                case "iq" -> immediates.add(Form.Immediate.QUAD);
                case "iz" -> immediates.add(Form.Immediate.Z);
                case "iv" -> immediates.add(Form.Immediate.V);
                case "cb" -> immediates.add(Form.Immediate.RELATIVE_BYTE);
                case "cz" -> immediates.add(Form.Immediate.RELATIVE_Z);
                case "cp" -> immediates.add(Form.Immediate.POINTER);
                case "mo" -> immediates.add(Form.Immediate.OFFSET);
                default -> {
                    return word.equals("VEX") || word.startsWith("VEX.") ? takeVex(word) : takeByte(word);
                }
            }
            return true;
        }

        /// Takes what follows `VEX` between dots.
        private boolean takeVex(String words) {
            vex = true;
            prefix = Form.Prefix.NONE;
            for (String word : words.split("\\.")) {
                switch (word) {
                    case "VEX" -> {}
                    case "L0" -> length = 0;
                    case "L1" -> length = 1;
                    case "66" -> prefix = Form.Prefix.P66;
                    case "F2" -> prefix = Form.Prefix.PF2;
                    case "F3" -> prefix = Form.Prefix.PF3;
                    case "W0" -> rexW = 0;
                    case "W1" -> rexW = 1;
                    default -> throw new IllegalStateException("no part of a VEX prefix is called " + word);
                }
            }
            return true;
        }

        private boolean takeByte(String word) {
            if (word.length() == 2 && word.charAt(0) == '/') {
                modrm = true;
                digit = word.charAt(1) - '0';
                return true;
            }
            if (word.length() < 2 || word.length() > 2 && word.charAt(2) != '+') {
                return false;
            }
            int high = Character.digit(word.charAt(0), 16);
            int low = Character.digit(word.charAt(1), 16);
            if (high < 0 || low < 0) {
                return false;
            }
            if (word.endsWith("+r")) {
                plus = true;
            } else if (word.endsWith("+i")) {
                stack = true;
            } else if (word.length() > 2) {
                return false;
            }
            int value = high << 4 | low;
            if (count == 0 && prefix == Form.Prefix.ANY && (value == 0x66 || value == 0xF2 || value == 0xF3)) {
                prefix = value == 0x66 ? Form.Prefix.P66 : value == 0xF2 ? Form.Prefix.PF2 : Form.Prefix.PF3;
                return true;
            }
            if (count == bytes.length) {
                throw new IllegalStateException("more than four opcode bytes");
            }
            bytes[count++] = value;
            return true;
        }

        Form form(Form.Place at) {
            int used = 0;
            int map = 0;
            if (count > 1 && bytes[0] == 0x0F) {
                used = 1;
                map = 1;
                if (count > 2 && (bytes[1] == 0x38 || bytes[1] == 0x3A)) {
                    used = 2;
                    map = bytes[1] == 0x38 ? 2 : 3;
                }
            }
            if (used == count) {
                throw new IllegalStateException("the encoding has no opcode byte");
            }
            int opcode = bytes[used++];
            int fixed = used < count ? bytes[used++] : -1;
            if (used != count || stack && fixed < 0) {
                throw new IllegalStateException("the encoding's bytes make no sense");
            }
            if (vex && map == 0) {
                throw new IllegalStateException("the encoding has VEX and no map");
            }
            return new Form(
                    prefix,
                    vex,
                    length,
                    rexW,
                    map,
                    opcode,
                    plus,
                    modrm || fixed >= 0,
                    fixed,
                    stack,
                    digit,
                    at,
                    List.copyOf(immediates));
        }
    }
}

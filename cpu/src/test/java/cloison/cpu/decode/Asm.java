package cloison.cpu.decode;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An assembler for small guest programs in tests: Intel syntax, encoded by the opcode table.
///
/// ```text
///  start:  mov   rcx, 10              ; a comment
///  again:  add   dword ptr [rbx+rcx*4-4], 1
///          dec   rcx
///          jnz   again
///          lea   rsi, [table]         ; relative to RIP in 64-bit mode
///          hlt
///          align 8
///  table:  dq    start, 0x1234
/// ```
///
/// Every instruction takes the shortest encoding; `byte word dword fword qword tbyte xmmword` (with or without `ptr`)
/// give memory operands their size. Directives: `db dw dd dq` (numbers, labels, strings for `db`), `align`, `space`,
/// `bits 16|32|64`. The prefixes `lock rep repe repne` and segment overrides `fs:[...]` are written as usual. Numbers
/// are decimal or `0x`; an expression is a sum of numbers and labels.
public final class Asm {
    private static final Map<String, String> ALIASES = new HashMap<>();

    static {
        String[] pairs = {
            "Z E", "NZ NE", "C B", "NC AE", "NAE B", "NB AE", "NA BE", "NBE A", "PE P", "PO NP", "NGE L", "NL GE",
            "NG LE", "NLE G"
        };
        for (String pair : pairs) {
            int blank = pair.indexOf(' ');
            for (String stem : new String[] {"J", "SET", "CMOV"}) {
                ALIASES.put(stem + pair.substring(0, blank), stem + pair.substring(blank + 1));
            }
        }
        ALIASES.put("SAL", "SHL");
        ALIASES.put("JCXZ", "JRCXZ");
        ALIASES.put("JECXZ", "JRCXZ");
        ALIASES.put("LOOPZ", "LOOPE");
        ALIASES.put("LOOPNZ", "LOOPNE");
        ALIASES.put("MOVABS", "MOV");
        ALIASES.put("XLATB", "XLAT");
    }

    private final OpcodeTable table = OpcodeTable.standard();
    private final long origin;
    private int mode;
    private final int firstMode;
    private final List<String> lines = new ArrayList<>();
    private Map<String, Long> labels = new HashMap<>();
    private final Map<String, Long> placed = new HashMap<>();
    private boolean last;

    /// A program in `mode` (16, 32, 64) whose first byte is at `origin`.
    public Asm(int mode, long origin) {
        this.mode = mode;
        this.firstMode = mode;
        this.origin = origin;
    }

    /// {@return the bytes of `text` in `mode`, at `origin`}
    public static byte[] bytes(int mode, long origin, String text) {
        return new Asm(mode, origin).text(text).bytes();
    }

    /// Adds lines of a program.
    public Asm text(String text) {
        lines.addAll(text.lines().toList());
        return this;
    }

    /// {@return where a label is; after [#bytes()]}
    public long label(String name) {
        Long at = placed.get(name);
        if (at == null) {
            throw new IllegalArgumentException("no label " + name);
        }
        return at;
    }

    /// {@return the program}
    public byte[] bytes() {
        byte[] before = {};
        for (int pass = 0; pass < 20; pass++) {
            byte[] now = pass(false);
            boolean stable = placed.equals(labels) && now.length == before.length;
            labels = new HashMap<>(placed);
            before = now;
            if (stable) {
                return pass(true);
            }
        }
        throw new IllegalArgumentException("the labels do not settle");
    }

    private byte[] pass(boolean last) {
        this.last = last;
        mode = firstMode;
        placed.clear();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String line : lines) {
            try {
                line(line, out);
            } catch (RuntimeException e) {
                throw new IllegalArgumentException("cannot assemble: " + line.strip() + ": " + e.getMessage(), e);
            }
        }
        return out.toByteArray();
    }

    private void line(String line, ByteArrayOutputStream out) {
        int comment = line.indexOf(';');
        String rest = (comment < 0 ? line : line.substring(0, comment)).strip();
        for (int colon;
                (colon = rest.indexOf(':')) > 0 && rest.substring(0, colon).matches("[A-Za-z_.][\\w.]*"); ) {
            String name = rest.substring(0, colon);
            if (AsmOperand.register(name) != null) {
                break;
            }
            if (placed.put(name, origin + out.size()) != null) {
                throw new IllegalArgumentException("label " + name + " twice");
            }
            rest = rest.substring(colon + 1).strip();
        }
        if (rest.isEmpty()) {
            return;
        }
        int blank = blank(rest);
        String word = rest.substring(0, blank);
        String tail = rest.substring(blank).strip();
        switch (word.toLowerCase(Locale.ROOT)) {
            case "db" -> data(out, tail, 1);
            case "dw" -> data(out, tail, 2);
            case "dd" -> data(out, tail, 4);
            case "dq" -> data(out, tail, 8);
            case "bits" -> mode = Integer.parseInt(tail);
            case "space" -> out.writeBytes(new byte[(int) number(tail)]);
            case "align" -> {
                while ((origin + out.size()) % number(tail) != 0) {
                    out.write(0x90);
                }
            }
            default -> out.writeBytes(instruction(rest, origin + out.size()));
        }
    }

    private static int blank(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isWhitespace(text.charAt(i))) {
                return i;
            }
        }
        return text.length();
    }

    private void data(ByteArrayOutputStream out, String tail, int size) {
        for (String item : split(tail)) {
            if (item.startsWith("\"")) {
                for (char c : item.substring(1, item.length() - 1).toCharArray()) {
                    out.write(c);
                }
                continue;
            }
            long value = number(item);
            for (int i = 0; i < size; i++) {
                out.write((int) (value >> 8 * i));
            }
        }
    }

    /// Splits at commas outside of quotes.
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                parts.add(text.substring(start, i).strip());
                start = i + 1;
            }
        }
        if (!text.isBlank()) {
            parts.add(text.substring(start).strip());
        }
        return parts;
    }

    // expressions

    private long number(String text) {
        long sum = 0;
        for (String term : text.replace("-", "+-").split("\\+")) {
            String t = term.strip();
            if (!t.isEmpty()) {
                boolean negative = t.startsWith("-");
                long value = term(negative ? t.substring(1).strip() : t);
                sum += negative ? -value : value;
            }
        }
        return sum;
    }

    private long term(String text) {
        if (text.startsWith("0x") || text.startsWith("0X")) {
            return Long.parseUnsignedLong(text.substring(2).replace("_", ""), 16);
        }
        if (text.length() == 3 && text.charAt(0) == '\'') {
            return text.charAt(1);
        }
        if (Character.isDigit(text.charAt(0))) {
            return Long.parseLong(text.replace("_", ""));
        }
        Long at = labels.get(text);
        if (at == null && last) {
            throw new IllegalArgumentException("no label " + text);
        }
        return at == null ? origin : at;
    }

    // instructions

    private byte[] instruction(String text, long at) {
        String rest = text;
        boolean lock = false;
        int repeat = 0;
        while (true) {
            int blank = blank(rest);
            int prefix = switch (rest.substring(0, blank).toLowerCase(Locale.ROOT)) {
                case "lock" -> 0xF0;
                case "rep", "repe", "repz" -> 0xF3;
                case "repne", "repnz" -> 0xF2;
                default -> 0;
            };
            if (prefix == 0) {
                break;
            }
            lock |= prefix == 0xF0;
            repeat = prefix == 0xF0 ? repeat : prefix;
            rest = rest.substring(blank).strip();
        }
        int blank = blank(rest);
        String mnemonic = rest.substring(0, blank).toUpperCase(Locale.ROOT);
        List<AsmOperand> operands = new ArrayList<>();
        for (String operand : split(rest.substring(blank).strip())) {
            operands.add(AsmOperand.of(operand, this::number));
        }
        if (operands.isEmpty() && (mnemonic.equals("AAM") || mnemonic.equals("AAD"))) {
            operands.add(new AsmOperand.Number(10, false));
        }
        if (operands.size() == 1 && operands.get(0) instanceof AsmOperand.Pointer) {
            mnemonic += "F";
        }
        byte[] found = match(mnemonic, ownSize(mnemonic), operands, lock, repeat, at);
        if (found == null) {
            found = suffixed(mnemonic, operands, lock, repeat, at);
        }
        if (found == null) {
            throw new IllegalArgumentException("no row of the opcode table fits");
        }
        return found;
    }

    /// Mnemonics that carry the operand size: MOVSB, IRETQ, PUSHFQ, CDQE and their kin.
    private byte @Nullable [] suffixed(String mnemonic, List<AsmOperand> operands, boolean lock, int repeat, long at) {
        switch (mnemonic) {
            case "NOP":
                return new byte[] {(byte) 0x90};
            case "CWDE":
                return match("CBW", 4, operands, lock, repeat, at);
            case "CDQE":
                return match("CBW", 8, operands, lock, repeat, at);
            case "CDQ":
                return match("CWD", 4, operands, lock, repeat, at);
            case "CQO":
                return match("CWD", 8, operands, lock, repeat, at);
            default:
        }
        int size = switch (mnemonic.charAt(mnemonic.length() - 1)) {
            case 'B' -> 1;
            case 'W' -> 2;
            case 'D' -> 4;
            case 'Q' -> 8;
            default -> 0;
        };
        return size == 0 ? null : match(mnemonic.substring(0, mnemonic.length() - 1), size, operands, lock, repeat, at);
    }

    private byte @Nullable [] match(
            String mnemonic, int wanted, List<AsmOperand> operands, boolean lock, int repeat, long at) {
        String name = ALIASES.getOrDefault(mnemonic, mnemonic);
        byte[] shortest = null;
        // without a register or the size of a memory operand, the default size is meant
        boolean sized = operands.stream()
                .anyMatch(operand -> operand instanceof AsmOperand.Register
                        || operand instanceof AsmOperand.Memory memory && memory.size() >= 0);
        for (Row row : table.rows()) {
            if (!row.op().name().equals(name) || !Encoding.exists(row, mode)) {
                continue;
            }
            if (operands.isEmpty() && isString(row)) {
                byte[] bytes = string(row, wanted, repeat);
                shortest = shorter(shortest, bytes);
                continue;
            }
            for (int size : Encoding.operandSizes(row, mode)) {
                if (wanted != 0 && size != wanted) {
                    continue;
                }
                if (wanted == 0 && !sized && size != Encoding.operandSizes(row, mode)[0]) {
                    continue;
                }
                byte[] bytes =
                        new AsmMatch(table, row, mode, size, operands, at).bytes(lock, repeat, addressSize(mnemonic));
                shortest = shorter(shortest, bytes);
            }
        }
        return shortest;
    }

    /// {@return the operand size of a mnemonic that the table has for all sizes, or 0}
    private static int ownSize(String mnemonic) {
        return mnemonic.equals("CBW") || mnemonic.equals("CWD") ? 2 : 0;
    }

    /// {@return the address size that the mnemonic of a branch on rCX names, or 0}
    private static int addressSize(String mnemonic) {
        return switch (mnemonic) {
            case "JCXZ" -> 2;
            case "JECXZ" -> 4;
            case "JRCXZ" -> 8;
            default -> 0;
        };
    }

    private static boolean isString(Row row) {
        return row.registerCodes().stream()
                .anyMatch(code -> code.source() == OperandCode.Source.STRING_SOURCE
                        || code.source() == OperandCode.Source.STRING_DESTINATION);
    }

    private byte @Nullable [] string(Row row, int wanted, int repeat) {
        boolean narrow = (row.form().opcode() & 1) == 0;
        int required =
                row.form().prefix() == Form.Prefix.PF3 ? 0xF3 : row.form().prefix() == Form.Prefix.PF2 ? 0xF2 : 0;
        if (narrow != (wanted == 1)) {
            return null;
        }
        Encoding encoding = new Encoding(row, mode);
        if (!narrow) {
            encoding.operandSize = wanted;
        }
        if (required == 0) {
            // a row without a repeat prefix may still take one (INS, OUTS)
            if (repeat != 0 && !row.is("rep")) {
                return null;
            }
            encoding.repeat = repeat;
        } else if (required != repeat) {
            return null;
        }
        return encoding.bytes();
    }

    private static byte @Nullable [] shorter(byte @Nullable [] a, byte @Nullable [] b) {
        return a == null || b != null && b.length < a.length ? b : a;
    }
}

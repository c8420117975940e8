package cloison.cpu.decode;

import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// One operand of an instruction as [Asm] reads it.
sealed interface AsmOperand {
    /// A register as it is written.
    record Register(Operand.Kind kind, int number, int size, boolean rex) implements AsmOperand {}

    /// A memory operand as it is written; size -1 if not given; `vector` is the size of the index if that is a vector
    /// register, else 0.
    record Memory(
            int size,
            int segment,
            int base,
            int index,
            int scale,
            long displacement,
            int addressSize,
            boolean label,
            int vector)
            implements AsmOperand {}

    /// A number as it is written.
    record Number(long value, boolean label) implements AsmOperand {}

    /// A far pointer.
    record Pointer(long selector, long offset) implements AsmOperand {}

    private static int segment(String text) {
        return switch (text) {
            case "es" -> 0;
            case "cs" -> 1;
            case "ss" -> 2;
            case "ds" -> 3;
            case "fs" -> 4;
            case "gs" -> 5;
            default -> -1;
        };
    }

    /// {@return the register called `text`, or null}
    static @Nullable Register register(String text) {
        int segment = segment(text);
        if (segment >= 0) {
            return new Register(Operand.Kind.SEGMENT, segment, 2, false);
        }
        for (int number = 0; number < 16; number++) {
            for (int size = 1; size <= 8; size *= 2) {
                if (Disassembler.general(number, size).equals(text)) {
                    return new Register(Operand.Kind.GPR, number, size, size == 1 && number >= 4);
                }
            }
        }
        int high = List.of("ah", "ch", "dh", "bh").indexOf(text);
        if (high >= 0) {
            return new Register(Operand.Kind.GPR_HIGH, high, 1, false);
        }
        if (text.matches("xmm\\d+")) {
            return new Register(Operand.Kind.XMM, Integer.parseInt(text.substring(3)), 16, false);
        }
        if (text.matches("ymm\\d+")) {
            return new Register(Operand.Kind.XMM, Integer.parseInt(text.substring(3)), 32, false);
        }
        if (text.matches("mm\\d")) {
            return new Register(Operand.Kind.MMX, text.charAt(2) - '0', 8, false);
        }
        if (text.matches("st\\(?\\d?\\)?")) {
            return new Register(
                    Operand.Kind.ST,
                    text.length() == 2 ? 0 : text.replaceAll("\\D", "").charAt(0) - '0',
                    10,
                    false);
        }
        if (text.matches("cr\\d")) {
            return new Register(Operand.Kind.CONTROL, text.charAt(2) - '0', 8, false);
        }
        if (text.matches("dr\\d")) {
            return new Register(Operand.Kind.DEBUG, text.charAt(2) - '0', 8, false);
        }
        return null;
    }

    /// {@return the operand written as `written`; `number` gives expressions their value}
    static AsmOperand of(String written, ToLongFunction<String> number) {
        String text = written.strip();
        Register register = register(text);
        if (register != null) {
            return register;
        }
        if (text.indexOf('[') >= 0) {
            return memory(text, number);
        }
        int colon = text.indexOf(':');
        if (colon > 0) {
            return new Pointer(
                    number.applyAsLong(text.substring(0, colon)), number.applyAsLong(text.substring(colon + 1)));
        }
        return new Number(number.applyAsLong(text), names(text));
    }

    private static Memory memory(String text, ToLongFunction<String> number) {
        int open = text.indexOf('[');
        int size = -1;
        int segment = -1;
        for (String word : text.substring(0, open).strip().split("\\s+")) {
            switch (word) {
                case "byte" -> size = 1;
                case "word" -> size = 2;
                case "dword" -> size = 4;
                case "fword" -> size = 6;
                case "qword" -> size = 8;
                case "tbyte" -> size = 10;
                case "xmmword" -> size = 16;
                case "ymmword" -> size = 32;
                case "", "ptr" -> {}
                default -> {
                    segment = segment(word.endsWith(":") ? word.substring(0, word.length() - 1) : word);
                    if (segment < 0) {
                        throw new IllegalArgumentException("what is " + word);
                    }
                }
            }
        }
        int base = -1;
        int index = -1;
        int scale = 0;
        int addressSize = 0;
        int vector = 0;
        StringBuilder sum = new StringBuilder();
        String inside = text.substring(open + 1, text.indexOf(']')).replace("-", "+-");
        for (String part : inside.split("\\+")) {
            String t = part.strip();
            int star = t.indexOf('*');
            Register register = register(star < 0 ? t : t.substring(0, star).strip());
            if (register == null) {
                sum.append('+').append(t);
                continue;
            }
            if (register.kind == Operand.Kind.XMM) {
                vector = register.size;
            } else {
                addressSize = register.size;
            }
            if (star < 0 && base < 0 && register.kind != Operand.Kind.XMM) {
                base = register.number;
            } else {
                index = register.number;
                scale = star < 0
                        ? 0
                        : Integer.numberOfTrailingZeros(
                                Integer.parseInt(t.substring(star + 1).strip()));
            }
        }
        if (index == 4 && scale == 0 && vector == 0) {
            index = base;
            base = 4;
        }
        String expression = sum.toString();
        return new Memory(
                size,
                segment,
                base,
                index,
                scale,
                number.applyAsLong(expression),
                addressSize,
                names(expression),
                vector);
    }

    private static boolean names(String text) {
        for (String term : text.replace("-", "+-").split("\\+")) {
            String t = term.strip();
            t = t.startsWith("-") ? t.substring(1).strip() : t;
            if (!t.isEmpty() && (Character.isLetter(t.charAt(0)) || t.charAt(0) == '_' || t.charAt(0) == '.')) {
                return true;
            }
        }
        return false;
    }
}

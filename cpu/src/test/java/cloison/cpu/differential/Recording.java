package cloison.cpu.differential;

import java.util.HexFormat;

/// One line of recorded outcomes: a case, and what a host's processor changed.
///
/// ```text
///  100000000002a 830439ff vector=3 rip=5 rflags=246 rax=1 fs=2b x1a0=00ff m12=0102
///  seed          code     then what is not as before: registers, pieces of the FXSAVE image (x), of the
///                         upper halves of YMM registers (y) and of the data (m)
/// ```
///
/// All numbers are hexadecimal; RIP is from where the instruction was.
final class Recording {
    private static final HexFormat HEX = HexFormat.of();

    // the parts of the FXSAVE image that are compared
    private static final int[][] PARTS = {{0, 5}, {24, 28}};

    private Recording() {}

    /// {@return the line of a case that ended as `after` and `data` say}
    static String line(long seed, Case sample, MachineState after, byte[] data) {
        MachineState before = sample.before;
        StringBuilder line = new StringBuilder();
        line.append(Long.toHexString(seed)).append(' ').append(HEX.formatHex(sample.code));
        put(line, "vector", after.vector, MachineState.NONE);
        put(line, "error", after.error, 0);
        put(line, "cr2", after.address, 0);
        put(line, "rip", after.rip - before.rip, 0);
        put(line, "rflags", after.rflags, before.rflags);
        for (int i = 0; i < 16; i++) {
            put(line, Comparison.GPR[i], after.gpr[i], before.gpr[i]);
        }
        for (int i = 0; i < 6; i++) {
            put(line, Comparison.SEGMENTS[i], after.selectors[i], before.selectors[i]);
        }
        put(line, "fsbase", after.fsBase, before.fsBase);
        put(line, "gsbase", after.gsBase, before.gsBase);
        for (int[] part : PARTS) {
            pieces(line, 'x', before.fx, after.fx, part[0], part[1]);
        }
        for (int i = 0; i < 8; i++) {
            int at = MachineState.ST + 16 * i;
            pieces(line, 'x', before.fx, after.fx, at, at + 10);
        }
        pieces(line, 'x', before.fx, after.fx, MachineState.XMM, MachineState.FX_END);
        pieces(line, 'y', before.high, after.high, 0, MachineState.HIGH_SIZE);
        pieces(line, 'm', sample.data, data, Place.D0, Place.D0 + 2 * Place.PAGE);
        pieces(line, 'm', sample.data, data, Place.D2, Place.D2 + Place.PAGE);
        return line.toString();
    }

    private static void put(StringBuilder line, String name, long value, long before) {
        if (value != before) {
            line.append(' ').append(name).append('=').append(Long.toHexString(value));
        }
    }

    private static void pieces(StringBuilder line, char kind, byte[] before, byte[] after, int from, int to) {
        int at = from;
        while (at < to) {
            if (before[at] == after[at]) {
                at++;
                continue;
            }
            int end = at + 1;
            // a gap of two bytes costs less than a new piece
            for (int next = end; next < Math.min(to, end + 3); next++) {
                if (before[next] != after[next]) {
                    end = next + 1;
                }
            }
            line.append(' ').append(kind).append(Integer.toHexString(at)).append('=');
            line.append(HEX.formatHex(after, at, end));
            at = end;
        }
    }

    /// Changes a copy of what was before into what the line says that was after.
    ///
    /// @param words the line, split at blanks
    static void apply(String[] words, MachineState after, byte[] data) {
        for (int i = 2; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            String name = words[i].substring(0, equals);
            String value = words[i].substring(equals + 1);
            switch (name) {
                case "vector" -> after.vector = Integer.parseInt(value, 16);
                case "error" -> after.error = number(value);
                case "cr2" -> after.address = number(value);
                case "rip" -> after.rip += number(value);
                case "rflags" -> after.rflags = number(value);
                case "fsbase" -> after.fsBase = number(value);
                case "gsbase" -> after.gsBase = number(value);
                default -> {
                    if (!register(name, value, after)) {
                        byte[] bytes = HEX.parseHex(value);
                        byte[] to = switch (name.charAt(0)) {
                            case 'x' -> after.fx;
                            case 'y' -> after.high;
                            default -> data;
                        };
                        System.arraycopy(bytes, 0, to, Integer.parseInt(name.substring(1), 16), bytes.length);
                    }
                }
            }
        }
    }

    private static boolean register(String name, String value, MachineState after) {
        for (int i = 0; i < 16; i++) {
            if (name.equals(Comparison.GPR[i])) {
                after.gpr[i] = number(value);
                return true;
            }
        }
        for (int i = 0; i < 6; i++) {
            if (name.equals(Comparison.SEGMENTS[i])) {
                after.selectors[i] = (int) number(value);
                return true;
            }
        }
        return false;
    }

    private static long number(String hexadecimal) {
        return Long.parseUnsignedLong(hexadecimal, 16);
    }
}

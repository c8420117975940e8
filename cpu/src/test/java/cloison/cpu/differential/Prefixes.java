package cloison.cpu.differential;

/// The prefixes of an instruction, read from its bytes: what a decoded instruction no longer shows.
///
/// @param operandSize whether there is a 66
/// @param rex the REX prefix, or 0
/// @param length how many bytes they are, without REX
record Prefixes(boolean operandSize, int rex, int length) {
    static Prefixes of(byte[] code, int mode) {
        boolean operandSize = false;
        for (int i = 0; i < code.length; i++) {
            byte prefix = code[i];
            switch (prefix) {
                case 0x66 -> operandSize = true;
                case 0x67, 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, (byte) 0xF0, (byte) 0xF2, (byte) 0xF3 -> {}
                default -> {
                    return new Prefixes(operandSize, mode == 64 && (prefix & 0xF0) == 0x40 ? prefix : 0, i);
                }
            }
        }
        return new Prefixes(operandSize, 0, code.length);
    }

    boolean rexW() {
        return (rex & 8) != 0;
    }

    boolean rexB() {
        return (rex & 1) != 0;
    }
}

package cloison.control.guest;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// A reader of "newc" archives, written from the format's description and not from our writer.
final class CpioReader {
    private CpioReader() {}

    /// An entry as the archive has it.
    record Entry(int mode, int links, int major, int minor, byte[] content) {
        String text() {
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    /// {@return the entries by name, in order, without the trailer}
    static SequencedMap<String, Entry> read(byte[] archive) {
        SequencedMap<String, Entry> entries = new LinkedHashMap<>();
        int at = 0;
        while (true) {
            if (!text(archive, at, 6).equals("070701")) {
                throw new IllegalArgumentException("no header at " + at);
            }
            int[] numbers = new int[13];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = Integer.parseUnsignedInt(text(archive, at + 6 + 8 * i, 8), 16);
            }
            String name = text(archive, at + 110, numbers[11] - 1);
            int data = (at + 110 + numbers[11] + 3) & ~3;
            if (name.equals("TRAILER!!!")) {
                return entries;
            }
            entries.put(
                    name,
                    new Entry(
                            numbers[1],
                            numbers[4],
                            numbers[9],
                            numbers[10],
                            Arrays.copyOfRange(archive, data, data + numbers[6])));
            at = (data + numbers[6] + 3) & ~3;
        }
    }

    private static String text(byte[] from, int at, int length) {
        return new String(from, at, length, StandardCharsets.UTF_8);
    }
}

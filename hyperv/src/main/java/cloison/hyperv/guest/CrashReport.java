package cloison.hyperv.guest;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What a guest said of its crash. TLFS: *Partition Crash Enlightenment*.
///
/// The meaning of the parameters is the guest's own. Linux reports twice: first the error, its operating system's
/// identity, RIP, RAX and RSP, then, with a text, zeros.
///
/// @param text the message that came with the report, usually the end of the kernel's log; null if there is none
public record CrashReport(
        long p0,
        long p1,
        long p2,
        long p3,
        long p4,
        @Nullable String text) {
    /// The longest message, in bytes.
    public static final int LONGEST_TEXT = 4096;

    /// {@return the text in the first `length` of `bytes`, without what would upset a terminal}
    public static String text(byte[] bytes, int length) {
        String raw = new String(bytes, 0, length, StandardCharsets.UTF_8);
        StringBuilder text = new StringBuilder(raw.length());
        raw.codePoints().forEach(c -> {
            if (c == '\n' || c == '\t' || !Character.isISOControl(c)) {
                text.appendCodePoint(c);
            }
        });
        return text.toString().strip();
    }

    /// {@return the same parameters without the text}
    public CrashReport withoutText() {
        return new CrashReport(p0, p1, p2, p3, p4, null);
    }

    @Override
    public String toString() {
        String parameters = "P0=0x%x P1=0x%x P2=0x%x P3=0x%x P4=0x%x".formatted(p0, p1, p2, p3, p4);
        return text == null ? parameters : parameters + "\n" + text;
    }
}

package cloison.control.lab;

import cloison.vm.config.ConfigurationException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Amounts as an operator writes them.
public final class Quantity {
    private static final Pattern MEMORY = Pattern.compile("(\\d{1,9})([KMG])i?B?", Pattern.CASE_INSENSITIVE);
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})(s|m|h)?");
    private static final Pattern COUNT = Pattern.compile("\\d{1,9}");

    private Quantity() {}

    /// {@return bytes, written like `512M` or `2G`}
    public static long memory(String text) {
        Matcher matcher = MEMORY.matcher(text);
        if (!matcher.matches()) {
            throw new ConfigurationException("the memory size '" + text + "' is malformed; write it like 512M or 2G");
        }
        int shift = switch (matcher.group(2).toUpperCase(Locale.ROOT)) {
            case "K" -> 10;
            case "M" -> 20;
            default -> 30;
        };
        return Long.parseLong(matcher.group(1)) << shift;
    }

    /// {@return a span of time, written like `120s`, `2m` or `1h`; a bare number is seconds}
    public static Duration time(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw new ConfigurationException("the time '" + text + "' is malformed; write it like 120s or 2m");
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (String.valueOf(matcher.group(2))) {
            case "h" -> Duration.ofHours(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofSeconds(amount);
        };
    }

    /// {@return a number of things, called `what` in an error}
    public static int count(String what, String text) {
        if (!COUNT.matcher(text).matches()) {
            throw new ConfigurationException(what + " must be a whole number, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }

    /// {@return an I/O port, decimal or with `0x` in hexadecimal}
    public static int port(String text) {
        try {
            boolean hexadecimal = text.regionMatches(true, 0, "0x", 0, 2);
            int port = hexadecimal ? Integer.parseInt(text, 2, text.length(), 16) : Integer.parseInt(text);
            if (port >= 0 && port <= 0xffff) {
                return port;
            }
        } catch (NumberFormatException malformed) {
            // Refused below, as a number out of range is.
        }
        throw new ConfigurationException("there is no I/O port '" + text + "'; write 0 to 65535, for example 0xf4");
    }
}

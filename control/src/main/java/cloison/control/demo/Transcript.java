package cloison.control.demo;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a demonstration guest said of itself on its console, in lines marked `@cloison`.
///
/// Between the marked lines a kernel may write its own, and a mark may stand behind the beginning of one; whatever is
/// not understood is passed over.
///
/// **Owner:** the console's thread until the guest has ended, then whoever reports.
final class Transcript {
    private static final String MARK = "@cloison ";
    private static final int MOST_PINGS = 10_000;
    private static final int MOST_NOTES = 20;

    private final List<Double> pings = new ArrayList<>();
    private final Map<Count, Long> counts = new EnumMap<>(Count.class);
    private final List<String> missing = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private @Nullable Double initUptime;
    private @Nullable Double readyUptime;
    private @Nullable String vmbusVersion;
    private @Nullable String mac;
    private @Nullable String clocksource;
    private @Nullable Double sentBits;
    private @Nullable Double receivedBits;
    private @Nullable Long complaints;
    private @Nullable String end;

    /// What a guest counts at its adapter.
    enum Count {
        RX_PACKETS,
        TX_PACKETS,
        RX_BYTES,
        TX_BYTES,
        RX_DROPPED,
        TX_DROPPED,
        RX_ERRORS,
        TX_ERRORS;

        static @Nullable Count of(String text) {
            for (Count count : values()) {
                if (count.name().equalsIgnoreCase(text)) {
                    return count;
                }
            }
            return null;
        }
    }

    /// Reads a line.
    ///
    /// @return what to tell the operator of it, or `null`
    @Nullable
    String read(String line) {
        int at = line.indexOf(MARK);
        if (at < 0) {
            return null;
        }
        String[] words = line.substring(at + MARK.length()).strip().split("\\s+", 2);
        String value = words.length > 1 ? words[1] : "";
        return switch (words[0]) {
            case "init" -> {
                initUptime = number(value);
                yield "kernel started, " + value + " s by its own clock";
            }
            case "vmbus" -> {
                vmbusVersion = value;
                yield "agreed on VMBus " + value;
            }
            case "mac" -> {
                mac = value;
                yield "network adapter " + value;
            }
            case "clocksource" -> {
                clocksource = value;
                yield null;
            }
            case "up" -> {
                readyUptime = number(value);
                yield "drivers loaded";
            }
            case "peer" -> "reached " + value;
            case "ping" -> ping(value);
            case "sending" -> "moving data, " + ("sent".equals(value) ? "to" : "from") + " its peer";
            case "sent" -> {
                sentBits = number(value);
                yield null;
            }
            case "received" -> {
                receivedBits = number(value);
                yield null;
            }
            case "counter" -> count(value);
            case "complaints" -> {
                complaints = whole(value);
                yield null;
            }
            case "missing" -> note(missing, value, "could not load " + value);
            case "problem" -> note(problems, value, "reports: " + value);
            case "end" -> {
                end = value;
                yield null;
            }
            default -> null;
        };
    }

    /// {@return seconds of the guest's clock at which its first program ran, or `null`}
    @Nullable
    Double initUptime() {
        return initUptime;
    }

    /// {@return seconds of the guest's clock at which its drivers were loaded, or `null`}
    @Nullable
    Double readyUptime() {
        return readyUptime;
    }

    /// {@return the version of VMBus by the guest's kernel log, or `null`}
    @Nullable
    String vmbusVersion() {
        return vmbusVersion;
    }

    /// {@return the address of the guest's adapter, or `null`}
    @Nullable
    String mac() {
        return mac;
    }

    /// {@return what the guest takes its time from, or `null`}
    @Nullable
    String clocksource() {
        return clocksource;
    }

    /// {@return round trips in milliseconds, in their order}
    List<Double> pings() {
        return pings;
    }

    /// {@return bits per second that the peer received, or `null`}
    @Nullable
    Double sentBits() {
        return sentBits;
    }

    /// {@return bits per second that came from the peer, or `null`}
    @Nullable
    Double receivedBits() {
        return receivedBits;
    }

    /// {@return a counter of the guest's adapter, or `null`}
    @Nullable
    Long count(Count count) {
        return counts.get(count);
    }

    /// {@return lines of the guest's kernel log that complain, or `null`}
    @Nullable
    Long complaints() {
        return complaints;
    }

    /// {@return drivers that could not be loaded}
    List<String> missing() {
        return missing;
    }

    /// {@return problems that the guest's script met}
    List<String> problems() {
        return problems;
    }

    /// {@return why the guest's script ended, `done` if all went well, or `null` if it did not come that far}
    @Nullable
    String end() {
        return end;
    }

    private @Nullable String ping(String value) {
        Double time = number(value);
        if (time == null || pings.size() == MOST_PINGS) {
            return null;
        }
        pings.add(time);
        return pings.size() == 1 ? "first echo reply after " + value + " ms" : null;
    }

    private @Nullable String count(String value) {
        String[] words = value.split("\\s+");
        Count count = Count.of(words[0]);
        Long number = words.length == 2 ? whole(words[1]) : null;
        if (count != null && number != null) {
            counts.put(count, number);
        }
        return null;
    }

    private static @Nullable String note(List<String> notes, String value, String told) {
        if (notes.size() == MOST_NOTES) {
            return null;
        }
        notes.add(value);
        return told;
    }

    private static @Nullable Double number(String text) {
        try {
            double number = Double.parseDouble(text);
            return Double.isFinite(number) && number >= 0 ? number : null;
        } catch (NumberFormatException garbled) {
            return null;
        }
    }

    private static @Nullable Long whole(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException garbled) {
            return null;
        }
    }
}

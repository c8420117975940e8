package cloison.control.demo;

import cloison.control.demo.DemoReport.Check;
import cloison.control.demo.DemoReport.Guest;
import cloison.control.demo.DemoReport.Packets;
import cloison.control.demo.DemoReport.Ping;
import cloison.control.demo.DemoReport.Transfer;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A demonstration's report as a table for people.
final class DemoText {
    private static final int LABEL = 18;
    private static final int COLUMN = 36;

    private DemoText() {}

    /// {@return the report, several lines}
    static String of(DemoReport report) {
        StringBuilder text = new StringBuilder();
        List<Guest> guests = report.guests();
        row(text, "", guests, Guest::name);
        row(text, "ended", guests, Guest::outcome);
        row(text, "boot to init", guests, guest -> seconds(guest.bootSeconds()));
        row(text, "VMBus version", guests, guest -> orNone(guest.vmbusVersion()));
        row(
                text,
                "channels",
                guests,
                guest -> guest.channelsOffered() + " offered, " + guest.channelsOpened() + " opened");
        row(text, "MAC address", guests, guest -> orNone(guest.mac()));
        row(text, "clock source", guests, guest -> orNone(guest.clocksource()));
        row(text, "packets sent", guests, guest -> packets(guest.sent()));
        row(text, "packets received", guests, guest -> packets(guest.received()));
        row(
                text,
                "complaints",
                guests,
                guest -> guest.complaints() == null ? "unknown" : guest.complaints() + " in its kernel log");
        text.append('\n');
        Ping ping = report.ping();
        if (ping != null) {
            line(
                    text,
                    "ping",
                    "min %.3f ms, median %.3f ms, %d answers",
                    ping.minMillis(),
                    ping.medianMillis(),
                    ping.count());
        }
        for (Transfer transfer : report.transfers()) {
            line(text, "TCP", "%s to %s: %.1f Mbit/s", transfer.from(), transfer.to(), transfer.megabitsPerSecond());
        }
        line(text, "whole run", "%.1f s, engine %s", report.seconds(), report.engine());
        text.append('\n');
        long held = report.checks().stream().filter(Check::held).count();
        for (Check check : report.checks()) {
            if (!check.held()) {
                text.append("FAILED: ")
                        .append(check.what())
                        .append(" (")
                        .append(check.found())
                        .append(")\n");
            }
        }
        line(
                text,
                report.held() ? "all checks held" : "checks held",
                "%d of %d",
                held,
                report.checks().size());
        return text.toString();
    }

    private static void row(StringBuilder text, String label, List<Guest> guests, Function<Guest, String> cell) {
        text.append(pad(label, LABEL));
        for (Guest guest : guests) {
            text.append(pad(cell.apply(guest), COLUMN));
        }
        while (text.charAt(text.length() - 1) == ' ') {
            text.setLength(text.length() - 1);
        }
        text.append('\n');
    }

    private static void line(StringBuilder text, String label, String format, Object... values) {
        text.append(pad(label, LABEL))
                .append(String.format(Locale.ROOT, format, values))
                .append('\n');
    }

    private static String packets(Packets packets) {
        String guest = packets.guest() == null ? "?" : packets.guest().toString();
        return packets.agree()
                ? guest + " (guest = NetVSP = switch)"
                : "guest " + guest + ", NetVSP " + packets.netvsp() + ", switch " + packets.port();
    }

    private static String seconds(@Nullable Double seconds) {
        return seconds == null ? "never" : String.format(Locale.ROOT, "%.1f s", seconds);
    }

    private static String orNone(@Nullable String text) {
        return text == null ? "none" : text;
    }

    private static String pad(String text, int width) {
        return text.length() < width ? text + " ".repeat(width - text.length()) : text + ' ';
    }
}

package cloison.control.demo;

import cloison.control.demo.DemoReport.Check;
import cloison.control.demo.DemoReport.Packets;
import cloison.control.demo.DemoReport.Ping;
import cloison.control.demo.DemoReport.Transfer;
import cloison.vm.run.GuestFacts;
import cloison.vm.run.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What puts a demonstration's report together from what guests and host know.
final class DemoReporter {
    private static final double BITS_PER_MEGABIT = 1e6;

    private final List<Check> checks = new ArrayList<>();

    /// All that is known of one guest.
    ///
    /// @param name its name
    /// @param outcome how its run ended
    /// @param late whether it was stopped because the time was over
    /// @param bootSeconds from its start to its first program, by the host's clock, or `null`
    /// @param said what it said
    /// @param facts what the host knows
    record Evidence(
            String name,
            Outcome outcome,
            boolean late,
            @Nullable Double bootSeconds,
            Transcript said,
            GuestFacts facts) {}

    /// {@return the report on a run}
    DemoReport report(String engine, double seconds, List<Evidence> guests) {
        List<DemoReport.Guest> reported = guests.stream().map(this::guest).toList();
        List<Transfer> transfers = new ArrayList<>();
        Ping ping = null;
        for (Evidence guest : guests) {
            for (Evidence peer : guests) {
                if (peer != guest && guest.said().initUptime() != null) {
                    add(transfers, guest.name(), peer.name(), guest.said().sentBits());
                    add(transfers, peer.name(), guest.name(), guest.said().receivedBits());
                }
            }
            if (!guest.said().pings().isEmpty()) {
                ping = ping(guest.said().pings());
            }
        }
        check("one guest pinged the other", ping != null, "no echo request was answered");
        check(
                "data moved both ways",
                transfers.size() == 2 && transfers.stream().allMatch(one -> one.megabitsPerSecond() > 0),
                transfers.size() + " of 2 directions were measured");
        boolean held = checks.stream().allMatch(Check::held);
        return new DemoReport(held, engine, seconds, reported, ping, transfers, List.copyOf(checks));
    }

    private DemoReport.Guest guest(Evidence guest) {
        Transcript said = guest.said();
        GuestFacts facts = guest.facts();
        GuestFacts.Nic nic = facts.nics().isEmpty()
                ? new GuestFacts.Nic("", "none", 0, 0, 0, 0, 0)
                : facts.nics().getFirst();
        Packets sent = new Packets(said.count(Transcript.Count.TX_PACKETS), nic.fromGuest(), nic.portIn());
        Packets received = new Packets(said.count(Transcript.Count.RX_PACKETS), nic.toGuest(), nic.portOut());
        String name = guest.name();
        String ending = guest.late() ? "the time was over" : describe(guest.outcome());
        check(name + " powered off", guest.outcome() instanceof Outcome.PoweredOff, ending);
        check(name + " did all it was asked to do", "done".equals(said.end()), ending(said));
        check(name + " loaded all its Hyper-V drivers", said.missing().isEmpty(), "without " + said.missing());
        check(
                name + " and the host agreed on the version of VMBus",
                facts.vmbusVersion() != null && facts.vmbusVersion().equals(said.vmbusVersion()),
                "the guest says " + said.vmbusVersion() + ", the host " + facts.vmbusVersion());
        check(
                name + " opened channels that it was offered",
                facts.channelsOpened() > 0 && facts.channelsOpened() <= facts.channelsOffered(),
                facts.channelsOpened() + " of " + facts.channelsOffered());
        check(
                name + " has the adapter that it was given",
                nic.mac().equals(said.mac()),
                "the guest says " + said.mac() + ", the host " + nic.mac());
        check(
                name + " takes its time from the hypervisor",
                Objects.requireNonNullElse(said.clocksource(), "").startsWith("hyperv"),
                "from " + said.clocksource());
        check(name + ", NetVSP and the switch agree on what was sent", sent.agree(), describe(sent));
        check(name + ", NetVSP and the switch agree on what was received", received.agree(), describe(received));
        check(
                name + " has nothing to complain of in its kernel log",
                said.complaints() != null && said.complaints() == 0,
                said.complaints() + " lines");
        return new DemoReport.Guest(
                name,
                ending,
                guest.bootSeconds(),
                facts.vmbusVersion(),
                facts.channelsOffered(),
                facts.channelsOpened(),
                said.mac(),
                said.clocksource(),
                sent,
                received,
                said.complaints());
    }

    private void check(String what, boolean held, String otherwise) {
        checks.add(new Check(what, held, held ? "" : otherwise));
    }

    private static String ending(Transcript said) {
        String end = said.end() == null ? "it did not come to its end" : said.end();
        return said.problems().isEmpty() ? end : end + "; " + String.join("; ", said.problems());
    }

    private static void add(List<Transfer> transfers, String from, String to, @Nullable Double bits) {
        if (bits != null) {
            transfers.add(new Transfer(from, to, bits / BITS_PER_MEGABIT));
        }
    }

    private static Ping ping(List<Double> times) {
        List<Double> sorted = times.stream().sorted().toList();
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return new Ping(sorted.size(), sorted.getFirst(), median);
    }

    private static String describe(Packets packets) {
        return "guest " + packets.guest() + ", NetVSP " + packets.netvsp() + ", switch " + packets.port();
    }

    /// {@return how a run ended, in words}
    static String describe(Outcome outcome) {
        return switch (outcome) {
            case Outcome.PoweredOff() -> "powered off";
            case Outcome.Reset() -> "reset";
            case Outcome.DebugExit(int status) -> "ended with status " + status;
            case Outcome.Crashed(String reason, String _) -> "crashed: " + reason;
            case Outcome.Refused(String reason) -> "was stopped: " + reason;
            case Outcome.Stopped() -> "was stopped";
            case Outcome.Failed(String reason, String _) -> "ended by a fault of ours: " + reason;
        };
    }
}

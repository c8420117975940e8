package cloison.control.demo;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a demonstration found; as JSON it is these records.
///
/// @param held whether every check held
/// @param engine the processor engine that was asked for
/// @param seconds how long it took from the first guest's start to the last one's end
/// @param guests each guest
/// @param ping round trips between the guests, or `null` if there was none
/// @param transfers data moved over TCP, each direction
/// @param checks what was checked
public record DemoReport(
        boolean held,
        String engine,
        double seconds,
        List<Guest> guests,
        @Nullable Ping ping,
        List<Transfer> transfers,
        List<Check> checks) {
    /// One guest.
    ///
    /// @param name its name
    /// @param outcome how its run ended, in words
    /// @param bootSeconds from its start until its first program ran, by the host's clock; `null` if it did not
    /// @param vmbusVersion the version of VMBus that both agreed on, or `null`
    /// @param channelsOffered channels that it was offered
    /// @param channelsOpened channels that it opened
    /// @param mac its adapter's address, as it says, or `null`
    /// @param clocksource what it takes its time from, or `null`
    /// @param sent packets that it sent
    /// @param received packets that it received
    /// @param complaints lines of its kernel log that complain, or `null`
    public record Guest(
            String name,
            String outcome,
            @Nullable Double bootSeconds,
            @Nullable String vmbusVersion,
            int channelsOffered,
            int channelsOpened,
            @Nullable String mac,
            @Nullable String clocksource,
            Packets sent,
            Packets received,
            @Nullable Long complaints) {}

    /// The same packets, counted in three places.
    ///
    /// @param guest by the guest's driver, or `null` if it did not say
    /// @param netvsp by the virtual service provider
    /// @param port by the switch's port
    public record Packets(@Nullable Long guest, long netvsp, long port) {
        /// {@return whether all three counted the same}
        boolean agree() {
            return guest != null && guest == netvsp && netvsp == port;
        }
    }

    /// Round trips.
    ///
    /// @param count how many there were
    /// @param minMillis the shortest
    /// @param medianMillis the one in the middle
    public record Ping(int count, double minMillis, double medianMillis) {}

    /// Data moved in one direction.
    ///
    /// @param from the sender
    /// @param to the receiver
    /// @param megabitsPerSecond as the receiver measured it
    public record Transfer(String from, String to, double megabitsPerSecond) {}

    /// Something that must be so.
    ///
    /// @param what what must be so
    /// @param held whether it was
    /// @param found what was found instead, empty if it held
    public record Check(String what, boolean held, String found) {}
}

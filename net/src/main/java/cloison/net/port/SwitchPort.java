package cloison.net.port;

import cloison.machine.counter.Counters;
import cloison.net.frame.Frame;
import org.jspecify.annotations.Nullable;

/// One connection of one adapter to a switch, as the adapter sees it.
///
/// **Owner:** any thread.
public interface SwitchPort {
    /// {@return the port's number in its switch, above 0}
    int id();

    /// {@return the adapter's name, for example `web/nic0`}
    String name();

    /// {@return what kind of adapter this is}
    PortType type();

    /// {@return the name of the switch}
    String switchName();

    /// {@return the VLANs that it belongs to}
    PortVlan vlan();

    /// {@return whether the port is part of its switch}
    boolean connected();

    /// Sends a frame and gives up the only reference to it. The switch carries it to the receivers' sinks before this
    /// returns.
    void send(Frame frame);

    /// Takes the port out of the switch, for good. Frames already on their way may still reach the sink.
    void disconnect();

    /// Lets `watcher` see every frame that passes, instead of who saw them before; null for nobody.
    void watch(@Nullable FrameWatcher watcher);

    /// {@return what was counted here}
    Counters<PortCounter> counters();
}

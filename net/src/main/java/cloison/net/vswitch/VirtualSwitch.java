package cloison.net.vswitch;

import cloison.machine.counter.Counters;
import cloison.machine.time.Clock;
import cloison.net.frame.Frame;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameSink;
import cloison.net.port.PortCounter;
import cloison.net.port.PortType;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import java.util.ArrayList;
import java.util.List;

/// A learning Ethernet switch between the adapters of partitions, and of the parent if it is internal.
///
/// Frames to a learned address go to its port, all others to every other port of their VLAN; none leaves its VLAN.
/// Adapters connect and disconnect at any
/// time, from any thread, while traffic flows.
///
/// **Owner:** any thread. Connecting and disconnecting hold the monitor; the data path never does.
public final class VirtualSwitch {
    // wiring
    private final SwitchSettings settings;
    private final Clock clock;

    // state
    private final Counters<SwitchCounter> counters = new Counters<>(SwitchCounter.class);
    private final MacTable addresses;
    private int lastId;
    private volatile Topology topology = Topology.EMPTY;

    /// A switch without ports.
    ///
    /// @param clock measures how long addresses stay silent
    public VirtualSwitch(SwitchSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        addresses = new MacTable(settings.addressLimit(), settings.portAddressLimit(), settings.ageing(), counters);
    }

    /// {@return the switch's name}
    public String name() {
        return settings.name();
    }

    /// {@return who can be connected}
    public SwitchType type() {
        return settings.type();
    }

    /// Connects an adapter that uses no VLAN.
    ///
    /// @see #connect(String, PortType, PortVlan, FrameSink)
    public SwitchPort connect(String adapter, PortType kind, FrameSink sink) {
        return connect(adapter, kind, PortVlan.UNTAGGED, sink);
    }

    /// Connects an adapter.
    ///
    /// @param adapter the adapter's name, for example `web/nic0`
    /// @param vlan the VLANs that its port belongs to, for the port's life
    /// @param sink takes the frames for the adapter, from now on
    /// @throws IllegalArgumentException if the parent's adapter is to be connected to a private switch
    public SwitchPort connect(String adapter, PortType kind, PortVlan vlan, FrameSink sink) {
        if (kind == PortType.INTERNAL && settings.type() == SwitchType.PRIVATE) {
            throw new IllegalArgumentException("switch '" + name() + "' is private, the parent cannot be connected as '"
                    + adapter + "': make it an internal switch");
        }
        synchronized (this) {
            Port port = new Port(this, ++lastId, adapter, kind, vlan, sink);
            List<Port> ports = new ArrayList<>(topology.ports());
            ports.add(port);
            topology = new Topology(List.copyOf(ports));
            return port;
        }
    }

    void disconnect(Port port) {
        synchronized (this) {
            port.disconnected();
            List<Port> ports = new ArrayList<>(topology.ports());
            ports.remove(port);
            topology = new Topology(List.copyOf(ports));
        }
        addresses.forget(port);
    }

    /// {@return the connected ports}
    public List<SwitchPort> ports() {
        return List.copyOf(topology.ports());
    }

    /// {@return the addresses known now}
    public List<LearnedAddress> addresses() {
        return addresses.list(clock.nanos());
    }

    /// {@return what was counted about addresses}
    public Counters<SwitchCounter> counters() {
        return counters;
    }

    /// Carries a frame, and one reference to it, from a port to where it belongs.
    void forward(Port from, Frame frame) {
        int vlan = from.classify(frame);
        if (vlan == PortVlan.REFUSED) {
            from.drop(frame, PortCounter.IN_DROPPED_VLAN);
            return;
        }
        long source = frame.source();
        if (source == 0 || MacAddress.group(source)) {
            from.drop(frame, PortCounter.IN_DROPPED_SOURCE);
            return;
        }
        long now = clock.nanos();
        addresses.learn(MacTable.key(vlan, source), from, now);
        long destination = frame.destination();
        Port to = MacAddress.group(destination) ? null : addresses.lookUp(MacTable.key(vlan, destination), now);
        if (to == null) {
            flood(from, frame, vlan);
        } else if (to == from) {
            from.drop(frame, PortCounter.IN_DROPPED_HERE);
        } else {
            // It sent in this VLAN, so its port carries it.
            to.deliver(frame, vlan);
        }
    }

    private void flood(Port from, Frame frame, int vlan) {
        List<Port> ports = topology.ports();
        int others = 0;
        for (int i = 0; i < ports.size(); i++) {
            if (takes(ports.get(i), from, vlan)) {
                others++;
            }
        }
        if (others == 0) {
            from.drop(frame, PortCounter.IN_DROPPED_NOWHERE);
            return;
        }
        from.counters().increment(PortCounter.IN_FLOODED);
        if (others > 1) {
            frame.retain(others - 1);
        }
        for (int i = 0; i < ports.size(); i++) {
            Port port = ports.get(i);
            if (takes(port, from, vlan)) {
                port.deliver(frame, vlan);
            }
        }
    }

    private static boolean takes(Port port, Port from, int vlan) {
        return port != from && port.vlan().carries(vlan);
    }

    @Override
    public String toString() {
        return name() + " (" + type() + ", " + topology.ports().size() + " ports)";
    }

    /// {@return how many addresses are in the table, aged ones included}
    int addressCount() {
        return addresses.size();
    }
}

package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.ChannelPair;
import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.StepClock;
import cloison.net.Frames;
import cloison.net.RecordingSink;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.PortType;
import cloison.net.port.SwitchPort;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.SwitchType;
import cloison.net.vswitch.VirtualSwitch;

/// A switch with one adapter under test, and a peer that is no guest.
final class Lan {
    static final MacAddress OWN = Frames.A;
    static final MacAddress PEER = Frames.B;

    final VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new StepClock());
    final FramePool pool = new FramePool(9100, 4096);
    final RecordingSink peerSink = new RecordingSink();
    final SwitchPort peer = lan.connect("peer", PortType.SYNTHETIC, peerSink);
    final NetVsp device;
    final RndisGuest guest;

    Lan() {
        this(new RndisGuest());
    }

    Lan(RndisGuest guest) {
        this.guest = guest;
        device = new NetVsp(new NetVspSettings("a/nic0", OWN), guest.memory());
        device.connect(lan);
    }

    /// A guest whose rings have `dataPages` pages each.
    static Lan withRings(int dataPages) {
        return new Lan(new RndisGuest(new GuestRam(8192, 0), dataPages + 1, 256, 64));
    }

    ChannelPair pair() {
        return guest.pair();
    }

    Lan opened() {
        guest.open(device);
        return this;
    }

    Lan up() {
        opened();
        guest.bringUp();
        return this;
    }

    /// The peer sends a frame to the adapter.
    byte[] peerSends(int length, int seed) {
        return peerSends(OWN, length, seed);
    }

    byte[] peerSends(MacAddress to, int length, int seed) {
        byte[] bytes = Frames.bytes(to, PEER, length, seed);
        peer.send(Frames.frame(pool, bytes));
        return bytes;
    }

    static byte[] toPeer(int length, int seed) {
        return Frames.bytes(PEER, OWN, length, seed);
    }

    long count(NetVspCounter counter) {
        return device.counters().value(counter);
    }
}

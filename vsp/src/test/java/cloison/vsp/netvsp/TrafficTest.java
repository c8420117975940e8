package cloison.vsp.netvsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.ChannelTask;
import cloison.machine.StepClock;
import cloison.net.Frames;
import cloison.net.frame.MacAddress;
import cloison.net.port.PortCounter;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.SwitchType;
import cloison.net.vswitch.VirtualSwitch;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Two adapters on one switch under load.
class TrafficTest {
    private final VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new StepClock());

    private static SwitchPort port(NetVsp device) {
        SwitchPort port = device.port();
        if (port == null) {
            throw new AssertionError("not connected");
        }
        return port;
    }

    @Test
    void framesAreCarriedFromGuestToGuestWithoutAllocating() {
        byte[] four = RndisGuest.batch(
                RndisGuest.packet(Frames.bytes(Frames.B, Frames.A, 1000, 1), -1),
                RndisGuest.packet(Frames.bytes(Frames.B, Frames.A, 64, 2), 0x123),
                RndisGuest.packet(Frames.bytes(Frames.MULTICAST, Frames.A, 200, 3), -1),
                RndisGuest.packet(Frames.bytes(Frames.C, Frames.A, 1514, 4), -1));
        TirelessChannel one = new TirelessChannel(four);
        TirelessChannel two = new TirelessChannel(four);
        NetVsp a = new NetVsp(new NetVspSettings("a", Frames.A), one.memory());
        NetVsp b = new NetVsp(new NetVspSettings("b", Frames.B), two.memory());
        PortVlan trunk = new PortVlan.Trunk(PortVlan.NONE, 0x12);
        a.connect(lan, trunk);
        b.connect(lan, trunk);
        ChannelTask taskA = a.open(one);
        ChannelTask taskB = b.open(two);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        carry(one, taskA, taskB, 200);
        long rangesBefore = two.ranges;

        long before = threads.getCurrentThreadAllocatedBytes();
        carry(one, taskA, taskB, 5000);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(two.ranges - rangesBefore).isEqualTo(20_000);
        assertThat(allocated).isLessThan(20_000);
    }

    @Test
    void framesCrossBothGuestsRingsWithoutAllocating() {
        TrafficGuest sender = traffic(
                "a", Frames.A, Frames.bytes(Frames.B, Frames.A, 1514, 1), Frames.bytes(Frames.B, Frames.A, 60, 2));
        TrafficGuest receiver = traffic("b", Frames.B, Frames.bytes(Frames.A, Frames.B, 60, 3));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        carry(sender, receiver, 200);

        long before = threads.getCurrentThreadAllocatedBytes();
        int frames = carry(sender, receiver, 300);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(frames).isEqualTo(300 * 2 * 32);
        assertThat(allocated).isLessThan(frames);
    }

    private TrafficGuest traffic(String name, MacAddress address, byte[]... frames) {
        RndisGuest guest = new RndisGuest();
        NetVsp adapter = new NetVsp(new NetVspSettings(name, address), guest.memory());
        adapter.connect(lan);
        guest.open(adapter).bringUp();
        return new TrafficGuest(guest, frames);
    }

    private static int carry(TrafficGuest sender, TrafficGuest receiver, int rounds) {
        int frames = 0;
        for (int i = 0; i < rounds; i++) {
            sender.send(32);
            sender.serve();
            receiver.serve();
            frames += receiver.take();
            receiver.serve();
            sender.take();
        }
        return frames;
    }

    private static void carry(TirelessChannel from, ChannelTask sender, ChannelTask receiver, int packets) {
        for (int i = 0; i < packets; i++) {
            from.toSend = 1;
            while (sender.turn() + receiver.turn() > 0) {
                continue;
            }
        }
    }

    @Test
    void twoGuestsOnThreadsOfTheirOwnLoseNothingThatIsNotCounted() throws InterruptedException {
        int count = 3000;
        AtomicBoolean done = new AtomicBoolean();
        RndisGuest guestA = new RndisGuest();
        RndisGuest guestB = new RndisGuest();
        NetVsp a = new NetVsp(new NetVspSettings("a", Frames.A), guestA.memory());
        NetVsp b = new NetVsp(new NetVspSettings("b", Frames.B), guestB.memory());
        a.connect(lan);
        b.connect(lan);
        guestA.open(a).bringUp();
        guestB.open(b).bringUp();
        Throwable[] failed = new Throwable[1];
        Thread receiver = Thread.ofPlatform()
                .uncaughtExceptionHandler((thread, thrown) -> failed[0] = thrown)
                .start(() -> {
                    while (!done.get()) {
                        guestB.settle();
                        guestB.send(Frames.bytes(Frames.A, Frames.B, 64, 0));
                    }
                    guestB.settle();
                });

        for (int i = 0; i < count; i++) {
            guestA.send(Frames.bytes(Frames.B, Frames.A, 60 + i % 1000, i));
        }
        done.set(true);
        receiver.join();
        guestA.settle();
        SwitchPort portA = port(a);
        SwitchPort portB = port(b);

        assertThat(failed).containsOnlyNulls();
        assertThat(portA.counters().value(PortCounter.FRAMES_IN)).isEqualTo(count);
        assertThat(guestB.frames.size() + portB.counters().value(PortCounter.OUT_DROPPED_FULL))
                .isEqualTo(count);
        assertThat(guestA.frames.size() + portA.counters().value(PortCounter.OUT_DROPPED_FULL))
                .isEqualTo(portB.counters().value(PortCounter.FRAMES_IN));
        guestA.close();
        guestB.close();
        assertThat(a.framesLent()).isZero();
        assertThat(b.framesLent()).isZero();
    }
}

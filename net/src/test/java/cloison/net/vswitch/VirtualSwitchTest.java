package cloison.net.vswitch;

import static cloison.net.Frames.A;
import static cloison.net.Frames.B;
import static cloison.net.Frames.C;
import static cloison.net.Frames.MULTICAST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.Samples;
import cloison.machine.StepClock;
import cloison.net.Frames;
import cloison.net.RecordingSink;
import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameSink;
import cloison.net.port.PortCounter;
import cloison.net.port.PortType;
import cloison.net.port.SwitchPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VirtualSwitchTest {
    private final StepClock clock = new StepClock();
    private final FramePool pool = new FramePool(2048, 64);
    private final VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), clock);
    private final RecordingSink atA = new RecordingSink();
    private final RecordingSink atB = new RecordingSink();
    private final RecordingSink atC = new RecordingSink();
    private final SwitchPort a = lan.connect("a/nic0", PortType.SYNTHETIC, atA);
    private final SwitchPort b = lan.connect("b/nic0", PortType.SYNTHETIC, atB);
    private final SwitchPort c = lan.connect("c/nic0", PortType.EMULATED, atC);

    @AfterEach
    void everyFrameCameBack() {
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aFrameToAnUnknownAddressGoesToEveryOtherPort() {
        byte[] bytes = Frames.bytes(B, A, 100, 7);

        a.send(Frames.frame(pool, bytes));

        assertThat(atB.frames).containsExactly(bytes);
        assertThat(atC.frames).containsExactly(bytes);
        assertThat(atA.frames).isEmpty();
        assertThat(a.counters().value(PortCounter.IN_FLOODED)).isEqualTo(1);
    }

    @Test
    void aFrameToALearnedAddressGoesToItsPortOnly() {
        Frames.send(pool, b, MacAddress.BROADCAST, B);
        atC.frames.clear();

        Frames.send(pool, a, B, A);

        assertThat(atB.frames).hasSize(1);
        assertThat(atC.frames).isEmpty();
    }

    @Test
    void broadcastAndMulticastAlwaysGoToEveryOtherPort() {
        Frames.send(pool, a, MacAddress.BROADCAST, A);
        Frames.send(pool, a, MULTICAST, A);

        assertThat(atB.frames).hasSize(2);
        assertThat(atC.frames).hasSize(2);
    }

    @Test
    void anAddressThatMovesIsFollowed() {
        Frames.send(pool, b, MacAddress.BROADCAST, B);
        Frames.send(pool, c, MacAddress.BROADCAST, B);
        atB.frames.clear();
        atC.frames.clear();

        Frames.send(pool, a, B, A);

        assertThat(atC.frames).hasSize(1);
        assertThat(atB.frames).isEmpty();
        assertThat(lan.counters().value(SwitchCounter.MOVED)).isEqualTo(1);
    }

    @Test
    void anAddressThatStaysSilentIsForgotten() {
        Frames.send(pool, b, MacAddress.BROADCAST, B);
        clock.advance(SwitchSettings.AGEING.toNanos());
        Frames.send(pool, a, B, A);
        assertThat(atC.frames).hasSize(1);

        clock.advance(1);
        Frames.send(pool, a, B, A);

        assertThat(atC.frames).hasSize(2);
        assertThat(lan.counters().value(SwitchCounter.AGED)).isEqualTo(1);
    }

    @Test
    void anAddressThatIsHeardStaysKnown() {
        for (int i = 0; i < 10; i++) {
            Frames.send(pool, b, A, B);
            clock.advance(SwitchSettings.AGEING.toNanos() / 2);
        }
        atC.frames.clear();

        Frames.send(pool, a, B, A);

        assertThat(atC.frames).isEmpty();
    }

    @Test
    void aFrameForAnAddressBehindTheSamePortIsDropped() {
        Frames.send(pool, a, MacAddress.BROADCAST, A);
        Frames.send(pool, a, MacAddress.BROADCAST, C);

        Frames.send(pool, a, A, C);

        assertThat(a.counters().value(PortCounter.IN_DROPPED_HERE)).isEqualTo(1);
        assertThat(atB.frames).hasSize(2);
    }

    @Test
    void aFrameWithoutARealSourceIsDroppedAndTeachesNothing() {
        Frames.send(pool, a, B, MULTICAST);
        a.send(Frames.frame(pool, Frames.bytes(B, new MacAddress(0), 64, 0)));

        assertThat(a.counters().value(PortCounter.IN_DROPPED_SOURCE)).isEqualTo(2);
        assertThat(lan.addresses()).isEmpty();
        assertThat(atB.frames).isEmpty();
    }

    @Test
    void aFrameTooShortForAHeaderIsDropped() {
        Frame runt = pool.take();
        runt.length(13);

        a.send(runt);

        assertThat(a.counters().value(PortCounter.IN_DROPPED_MALFORMED)).isEqualTo(1);
        assertThat(a.counters().value(PortCounter.IN_DROPPED_BYTES)).isEqualTo(13);
    }

    @Test
    void whatAReceiverDoesNotTakeIsCountedThereByCause() {
        atB.answer = FrameSink.Outcome.FULL;
        atC.answer = FrameSink.Outcome.CLOSED;

        Frames.send(pool, a, MacAddress.BROADCAST, A);

        assertThat(b.counters().value(PortCounter.OUT_DROPPED_FULL)).isEqualTo(1);
        assertThat(c.counters().value(PortCounter.OUT_DROPPED_CLOSED)).isEqualTo(1);
        assertThat(b.counters().value(PortCounter.OUT_DROPPED_BYTES)).isEqualTo(64);
        assertThat(b.counters().value(PortCounter.FRAMES_OUT)).isZero();
    }

    @Test
    void aDisconnectedPortNeitherSendsNorReceivesAndItsAddressesAreForgotten() {
        Frames.send(pool, b, MacAddress.BROADCAST, B);
        atA.frames.clear();
        atC.frames.clear();

        b.disconnect();
        Frames.send(pool, a, B, A);
        Frames.send(pool, b, A, B);

        assertThat(atB.frames).isEmpty();
        assertThat(atC.frames).hasSize(1);
        assertThat(atA.frames).isEmpty();
        assertThat(b.counters().value(PortCounter.IN_DROPPED_DISCONNECTED)).isEqualTo(1);
        assertThat(lan.addresses()).extracting(LearnedAddress::address).containsExactly(A);
        assertThat(lan.ports()).extracting(SwitchPort::name).containsExactly("a/nic0", "c/nic0");
    }

    @Test
    void aLonePortsFramesGoNowhere() {
        b.disconnect();
        c.disconnect();

        Frames.send(pool, a, MacAddress.BROADCAST, A);

        assertThat(a.counters().value(PortCounter.IN_DROPPED_NOWHERE)).isEqualTo(1);
    }

    @Test
    void onePortCannotFillTheTable() {
        VirtualSwitch small = new VirtualSwitch(
                new SwitchSettings("small", SwitchType.PRIVATE, 64, 8, Duration.ofSeconds(300)), clock);
        SwitchPort hostile = small.connect("hostile", PortType.SYNTHETIC, atA);
        SwitchPort good = small.connect("good", PortType.SYNTHETIC, atB);

        for (int i = 0; i < 1000; i++) {
            Frames.send(pool, hostile, MacAddress.BROADCAST, new MacAddress(0x0200_0000_0000L + i));
        }
        Frames.send(pool, good, MacAddress.BROADCAST, B);

        assertThat(small.addresses()).hasSize(9);
        assertThat(small.counters().value(SwitchCounter.REFUSED_PORT_FULL)).isEqualTo(992);
    }

    @Test
    void aFullTableLearnsAgainWhenItsAddressesAreOld() {
        VirtualSwitch small = new VirtualSwitch(
                new SwitchSettings("small", SwitchType.PRIVATE, 4, 100, Duration.ofSeconds(10)), clock);
        SwitchPort one = small.connect("one", PortType.SYNTHETIC, atA);
        small.connect("two", PortType.SYNTHETIC, atB);
        for (int i = 0; i < 6; i++) {
            Frames.send(pool, one, MacAddress.BROADCAST, new MacAddress(0x0200_0000_0000L + i));
        }
        assertThat(small.addressCount()).isEqualTo(4);
        assertThat(small.counters().value(SwitchCounter.REFUSED_TABLE_FULL)).isEqualTo(2);

        clock.advance(Duration.ofSeconds(11).toNanos());
        Frames.send(pool, one, MacAddress.BROADCAST, A);
        Frames.send(pool, one, MacAddress.BROADCAST, A);

        assertThat(small.addresses()).extracting(LearnedAddress::address).containsExactly(A);
    }

    @Test
    void theParentIsKeptOutOfAPrivateSwitch() {
        assertThatThrownBy(() -> lan.connect("parent", PortType.INTERNAL, atA))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'lan'")
                .hasMessageContaining("private");
    }

    @Test
    void theParentTalksOnAnInternalSwitch() {
        VirtualSwitch internal = new VirtualSwitch(new SwitchSettings("int", SwitchType.INTERNAL), clock);
        int[] arrivals = new int[1];
        SwitchPort guest = internal.connect("guest", PortType.SYNTHETIC, atB);
        try (ParentAdapter parent = new ParentAdapter(internal, "parent", A, () -> arrivals[0]++)) {
            byte[] hello = Frames.bytes(B, A, 60, 1);
            byte[] answer = Frames.bytes(A, B, 60, 2);
            byte[] received = new byte[2048];

            assertThat(parent.receive(received, 0)).isEqualTo(-1);
            assertThat(parent.send(hello, 0, hello.length)).isTrue();
            guest.send(Frames.frame(pool, answer));

            assertThat(atB.frames).containsExactly(hello);
            assertThat(arrivals[0]).isEqualTo(1);
            assertThat(parent.receive(received, 0)).isEqualTo(60);
            assertThat(received).startsWith(answer);
            guest.send(Frames.frame(pool, answer));
        }
    }

    @Test
    void everyFrameInIsDroppedOnceOrReachesAsManyPortsAsItShould() {
        Samples.check(50, random -> {
            VirtualSwitch any = new VirtualSwitch(
                    new SwitchSettings("any", SwitchType.PRIVATE, 8, 4, Duration.ofSeconds(5)), clock);
            List<SwitchPort> ports = new ArrayList<>();
            RecordingSink sink = new RecordingSink();
            long expected = 0;
            for (int step = 0; step < 500; step++) {
                int dice = random.nextInt(20);
                if (dice == 0 && ports.size() < 6) {
                    ports.add(any.connect("p" + step, PortType.SYNTHETIC, sink));
                } else if (dice == 1 && !ports.isEmpty()) {
                    ports.remove(random.nextInt(ports.size())).disconnect();
                } else if (dice == 2) {
                    clock.advance(Duration.ofSeconds(random.nextInt(8)).toNanos());
                } else if (!ports.isEmpty()) {
                    SwitchPort from = ports.get(random.nextInt(ports.size()));
                    long before = dropped(from);
                    long flooded = from.counters().value(PortCounter.IN_FLOODED);
                    Frames.send(
                            pool,
                            from,
                            new MacAddress(0x0200_0000_0000L + random.nextInt(12)),
                            new MacAddress(0x0200_0000_0000L + random.nextInt(12)));
                    if (dropped(from) == before) {
                        expected += from.counters().value(PortCounter.IN_FLOODED) > flooded ? ports.size() - 1 : 1;
                    }
                }
                assertThat(sink.frames).hasSize((int) expected);
                assertThat(any.addressCount()).isLessThanOrEqualTo(8);
            }
            assertThat(pool.lent()).isZero();
        });
    }

    private static long dropped(SwitchPort port) {
        return port.counters().value(PortCounter.IN_DROPPED_HERE)
                + port.counters().value(PortCounter.IN_DROPPED_NOWHERE);
    }
}

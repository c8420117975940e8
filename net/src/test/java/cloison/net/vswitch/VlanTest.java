package cloison.net.vswitch;

import static cloison.net.Frames.A;
import static cloison.net.Frames.B;
import static cloison.net.Frames.C;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import cloison.machine.Samples;
import cloison.machine.StepClock;
import cloison.net.Frames;
import cloison.net.RecordingSink;
import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameQueue;
import cloison.net.port.PortCounter;
import cloison.net.port.PortType;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the VLANs of a switch keep apart.
class VlanTest {
    private final FramePool pool = new FramePool(2048, 64);
    private final VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new StepClock());

    /// An adapter on a port.
    private final class Adapter {
        private final RecordingSink sink = new RecordingSink();
        private final SwitchPort port;

        Adapter(String name, PortVlan vlan) {
            port = lan.connect(name, PortType.SYNTHETIC, vlan, sink);
        }

        void send(MacAddress to, MacAddress from, int tag) {
            Frame frame = Frames.frame(pool, Frames.bytes(to, from, 64, 0));
            frame.tag(tag);
            port.send(frame);
        }

        /// Sends a frame whose tags are in its bytes.
        void sendInline(MacAddress to, MacAddress from, int... tags) {
            port.send(Frames.frame(pool, inline(Frames.bytes(to, from, 64, 0), tags)));
        }

        long count(PortCounter counter) {
            return port.counters().value(counter);
        }
    }

    private static byte[] inline(byte[] frame, int... tags) {
        byte[] tagged = new byte[frame.length + 4 * tags.length];
        System.arraycopy(frame, 0, tagged, 0, 12);
        for (int i = 0; i < tags.length; i++) {
            tagged[12 + 4 * i] = (byte) 0x81;
            tagged[14 + 4 * i] = (byte) (tags[i] >>> 8);
            tagged[15 + 4 * i] = (byte) tags[i];
        }
        System.arraycopy(frame, 12, tagged, 12 + 4 * tags.length, frame.length - 12);
        return tagged;
    }

    @AfterEach
    void everyFrameCameBack() {
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aBroadcastReachesThePortsOfItsVlanOnly() {
        Adapter a = new Adapter("a", new PortVlan.Access(10));
        Adapter b = new Adapter("b", new PortVlan.Access(10));
        Adapter other = new Adapter("other", new PortVlan.Access(20));
        Adapter none = new Adapter("none", PortVlan.UNTAGGED);

        a.send(MacAddress.BROADCAST, A, Frame.UNTAGGED);

        assertThat(b.sink.tags).containsExactly(Frame.UNTAGGED);
        assertThat(other.sink.frames).isEmpty();
        assertThat(none.sink.frames).isEmpty();
    }

    @Test
    void anAddressThatIsKnownInAnotherVlanIsNotFound() {
        Adapter a = new Adapter("a", new PortVlan.Access(10));
        Adapter other = new Adapter("other", new PortVlan.Access(20));
        other.send(MacAddress.BROADCAST, B, Frame.UNTAGGED);

        a.send(B, A, Frame.UNTAGGED);

        assertThat(other.sink.frames).isEmpty();
        assertThat(a.count(PortCounter.IN_DROPPED_NOWHERE)).isEqualTo(1);
        assertThat(lan.addresses())
                .extracting(LearnedAddress::address, LearnedAddress::vlan)
                .containsExactlyInAnyOrder(tuple(A, 10), tuple(B, 20));
    }

    @Test
    void theSameAddressInTwoVlansIsTwoAddresses() {
        Adapter a = new Adapter("a", new PortVlan.Trunk(PortVlan.NONE, 10));
        Adapter b = new Adapter("b", new PortVlan.Access(10));
        Adapter c = new Adapter("c", PortVlan.UNTAGGED);
        b.send(MacAddress.BROADCAST, B, Frame.UNTAGGED);
        c.send(MacAddress.BROADCAST, B, Frame.UNTAGGED);

        a.send(B, A, 3 << 13 | 10);
        a.send(B, A, Frame.UNTAGGED);

        assertThat(b.sink.frames).hasSize(1);
        assertThat(c.sink.frames).hasSize(1);
        assertThat(a.sink.tags).containsExactly(10, Frame.UNTAGGED);
        assertThat(lan.counters().value(SwitchCounter.MOVED)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20, 4095, 7 << 13 | 10})
    void aTaggedFrameFromAnAccessOrUntaggedPortIsDropped(int tag) {
        Adapter access = new Adapter("access", new PortVlan.Access(10));
        Adapter untagged = new Adapter("untagged", PortVlan.UNTAGGED);
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(PortVlan.NONE, 10, 20));

        for (Adapter from : List.of(access, untagged)) {
            from.send(MacAddress.BROADCAST, A, tag);
            from.sendInline(MacAddress.BROADCAST, A, tag);
            from.sendInline(MacAddress.BROADCAST, A, 0, tag);

            assertThat(from.count(PortCounter.IN_DROPPED_VLAN)).isEqualTo(3);
        }
        assertThat(trunk.sink.frames).isEmpty();
        assertThat(lan.addresses()).isEmpty();
    }

    @Test
    void aPriorityTagNamesNoVlan() {
        Adapter a = new Adapter("a", new PortVlan.Access(10));
        Adapter b = new Adapter("b", new PortVlan.Access(10));
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(PortVlan.NONE, 10));

        a.send(MacAddress.BROADCAST, A, 5 << 13);
        a.sendInline(MacAddress.BROADCAST, A, 6 << 13);

        assertThat(b.sink.tags).containsExactly(Frame.UNTAGGED, Frame.UNTAGGED);
        assertThat(b.sink.frames)
                .containsExactly(
                        Frames.bytes(MacAddress.BROADCAST, A, 64, 0), Frames.bytes(MacAddress.BROADCAST, A, 64, 0));
        assertThat(trunk.sink.tags).containsExactly(5 << 13 | 10, 6 << 13 | 10);
    }

    @Test
    void aTagInTheBytesIsTheSameAsOneBesideThem() {
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(PortVlan.NONE, 10));
        Adapter b = new Adapter("b", new PortVlan.Access(10));

        trunk.sendInline(B, A, 10);

        assertThat(b.sink.frames).containsExactly(Frames.bytes(B, A, 64, 0));
        assertThat(b.sink.tags).containsExactly(Frame.UNTAGGED);
    }

    @Test
    void anyNumberOfTagsThatNameNoVlanIsNone() {
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(PortVlan.NONE, 10));
        Adapter b = new Adapter("b", new PortVlan.Access(10));
        int[] tags = new int[400];
        tags[399] = 10;

        trunk.sendInline(B, A, tags);
        trunk.sendInline(B, A, new int[400]);

        assertThat(b.sink.frames).containsExactly(Frames.bytes(B, A, 64, 0));
    }

    @Test
    void aSecondTagCannotCarryAFrameIntoAnotherVlan() {
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(10, 30));
        Adapter next = new Adapter("next", new PortVlan.Trunk(10, 20));

        trunk.sendInline(MacAddress.BROADCAST, A, 10, 20);
        trunk.sendInline(MacAddress.BROADCAST, A, 0, 10, 20);
        Frame both = Frames.frame(pool, inline(Frames.bytes(MacAddress.BROADCAST, A, 64, 0), 20));
        both.tag(10);
        trunk.port.send(both);

        assertThat(next.sink.frames).isEmpty();
        assertThat(trunk.count(PortCounter.IN_DROPPED_VLAN)).isEqualTo(3);
    }

    @Test
    void aTrunkTakesPartInTheVlansThatItIsAllowedAndInNoOther() {
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(30, 10));
        Adapter ten = new Adapter("ten", new PortVlan.Access(10));
        Adapter twenty = new Adapter("twenty", new PortVlan.Access(20));
        Adapter thirty = new Adapter("thirty", new PortVlan.Access(30));

        for (int tag : new int[] {Frame.UNTAGGED, 10, 20, 30}) {
            trunk.send(MacAddress.BROADCAST, C, tag);
        }
        ten.send(MacAddress.BROADCAST, A, Frame.UNTAGGED);
        twenty.send(MacAddress.BROADCAST, A, Frame.UNTAGGED);
        thirty.send(MacAddress.BROADCAST, A, Frame.UNTAGGED);

        assertThat(ten.sink.frames).hasSize(1);
        assertThat(twenty.sink.frames).isEmpty();
        assertThat(thirty.sink.frames).hasSize(2);
        assertThat(trunk.count(PortCounter.IN_DROPPED_VLAN)).isEqualTo(1);
        assertThat(trunk.sink.tags).containsExactly(10, Frame.UNTAGGED);
    }

    @Test
    void aFrameThatEndsInItsTagIsMalformed() {
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(PortVlan.NONE, 10));
        Frame cut = Frames.frame(pool, inline(Frames.bytes(B, A, 14, 0), 10));
        cut.length(17);

        trunk.port.send(cut);

        assertThat(trunk.count(PortCounter.IN_DROPPED_MALFORMED)).isEqualTo(1);
    }

    @Test
    void aQueueKeepsTheTagOfEachFrame() {
        FrameQueue queue = new FrameQueue(8);
        queue.open(() -> {});
        lan.connect("queue", PortType.SYNTHETIC, new PortVlan.Trunk(PortVlan.NONE, 10, 20), queue);
        Adapter trunk = new Adapter("trunk", new PortVlan.Trunk(PortVlan.NONE, 10, 20));

        for (int tag : new int[] {10, Frame.UNTAGGED, 20}) {
            trunk.send(MacAddress.BROADCAST, A, tag);
        }

        List<Integer> tags = new ArrayList<>();
        for (Frame frame = queue.poll(); frame != null; frame = queue.poll()) {
            tags.add(queue.tag());
            frame.release();
        }
        assertThat(tags).containsExactly(10, Frame.UNTAGGED, 20);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 4095, 4096, Integer.MAX_VALUE})
    void identifiersThatNoVlanCanHaveAreRefused(int identifier) {
        assertThatThrownBy(() -> new PortVlan.Access(identifier))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no VLAN " + identifier + "; use 1 to 4094");
        assertThatThrownBy(() -> new PortVlan.Trunk(1, identifier)).isInstanceOf(IllegalArgumentException.class);
    }

    /// Against a model: who may hear whom depends only on the modes of the two ports and the tags of the frame.
    @Test
    void whateverIsSentReachesOnlyPortsOfItsVlan() {
        Samples.check(50, random -> {
            VirtualSwitch any = new VirtualSwitch(new SwitchSettings("any", SwitchType.PRIVATE), new StepClock());
            Map<RecordingSink, PortVlan> sinks = new HashMap<>();
            List<SwitchPort> ports = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                RecordingSink sink = new RecordingSink();
                PortVlan vlan = mode(random);
                sinks.put(sink, vlan);
                ports.add(any.connect("p" + i, PortType.SYNTHETIC, vlan, sink));
            }
            for (int step = 0; step < 200; step++) {
                SwitchPort from = ports.get(random.nextInt(6));
                int tag = random.nextInt(3) == 0 ? Frame.UNTAGGED : random.nextInt(4);
                boolean inline = tag != Frame.UNTAGGED && random.nextBoolean();
                byte[] plain = Frames.bytes(
                        random.nextInt(3) == 0 ? MacAddress.BROADCAST : new MacAddress(2 + random.nextInt(4)),
                        new MacAddress(2 + random.nextInt(4)),
                        64,
                        step);
                Frame frame = Frames.frame(pool, inline ? inline(plain, tag) : plain);
                frame.tag(inline ? Frame.UNTAGGED : tag);
                sinks.keySet().forEach(sink -> {
                    sink.frames.clear();
                    sink.tags.clear();
                });

                from.send(frame);

                int vlan = modelled(from.vlan(), Math.max(tag, 0));
                boolean broadcast = (plain[0] & 1) != 0;
                sinks.forEach((sink, mode) -> {
                    if (broadcast && mode != from.vlan()) {
                        assertThat(sink.frames).hasSize(vlan >= 0 && mode.carries(vlan) ? 1 : 0);
                    }
                    if (!sink.frames.isEmpty()) {
                        assertThat(sink.frames).containsExactly(plain);
                        int seen = sink.tags.getFirst();
                        assertThat(modelled(mode, Math.max(seen, 0))).isEqualTo(vlan);
                        assertThat(seen == Frame.UNTAGGED || mode instanceof PortVlan.Trunk)
                                .isTrue();
                    }
                });
            }
        });
        assertThat(pool.lent()).isZero();
    }

    private static PortVlan mode(RandomGenerator random) {
        return switch (random.nextInt(4)) {
            case 0 -> new PortVlan.Untagged();
            case 1 -> new PortVlan.Trunk(random.nextInt(3), 1 + random.nextInt(3));
            default -> new PortVlan.Access(1 + random.nextInt(3));
        };
    }

    /// {@return the VLAN that a frame with this identifier belongs to on a port, -1 for none}
    private static int modelled(PortVlan mode, int identifier) {
        return switch (mode) {
            case PortVlan.Untagged _ -> identifier == 0 ? 0 : -1;
            case PortVlan.Access(int vlan) -> identifier == 0 ? vlan : -1;
            case PortVlan.Trunk trunk ->
                identifier == 0 ? trunk.classify(0) : trunk.carries(identifier) ? identifier : -1;
        };
    }
}

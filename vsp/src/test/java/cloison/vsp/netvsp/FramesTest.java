package cloison.vsp.netvsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import cloison.net.Frames;
import cloison.net.RecordingSink;
import cloison.net.frame.Frame;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameSink;
import cloison.net.port.FrameWatcher;
import cloison.net.port.PortCounter;
import cloison.net.port.PortType;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisPacket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
    private Lan lan = new Lan();

    @AfterEach
    void everyFrameCameBack() {
        lan.guest.close();
        assertThat(lan.device.framesLent()).isZero();
        assertThat(lan.pool.lent()).isZero();
    }

    @Test
    void framesInOneSectionAreSentInOrder() {
        lan.up();
        byte[][] frames = new byte[8][];
        byte[][] messages = new byte[8][];
        for (int i = 0; i < 8; i++) {
            frames[i] = Lan.toPeer(60 + 7 * i, i);
            messages[i] = RndisGuest.packet(frames[i], -1);
        }

        assertThat(lan.guest.sendSection(3, RndisGuest.batch(messages))).isEqualTo(NvspMessage.STATUS_SUCCESS);

        assertThat(lan.peerSink.frames).containsExactly(frames);
        assertThat(lan.count(NetVspCounter.SENT_PACKETS)).isEqualTo(1);
        assertThat(lan.count(NetVspCounter.SENT_DIRECTED_FRAMES)).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 20, 44, 45, 58, 100, 1000})
    void aFrameInPagesMayBeCutAnywhere(int headed) {
        lan.up();
        byte[] frame = Lan.toPeer(1514, 9);

        assertThat(lan.guest.sendPages(RndisGuest.packet(frame, -1), headed)).isEqualTo(NvspMessage.STATUS_SUCCESS);

        assertThat(lan.peerSink.frames).containsExactly(frame);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 44, 60, 400})
    void aFrameMayBePartlyInASectionPartlyInPages(int inSection) {
        lan.up();
        byte[] frame = Lan.toPeer(1200, 4);
        byte[] message = RndisGuest.packet(frame, RndisPacket.vlanInfo(5 << 13));

        assertThat(lan.guest.sendMixed(2, message, inSection)).isEqualTo(NvspMessage.STATUS_SUCCESS);

        assertThat(lan.peerSink.frames).containsExactly(frame);
    }

    @Test
    void theLastOfSeveralFramesMayHaveItsDataInPages() {
        lan.up();
        byte[] first = Lan.toPeer(90, 1);
        byte[] second = Lan.toPeer(1400, 2);
        byte[] all = RndisGuest.batch(RndisGuest.packet(first, -1), RndisGuest.packet(second, -1));

        assertThat(lan.guest.sendMixed(1, all, all.length - 1400)).isEqualTo(NvspMessage.STATUS_SUCCESS);

        assertThat(lan.peerSink.frames).containsExactly(first, second);
    }

    @Test
    void aVlanTagTravelsBesideTheFrameBothWaysWhereThePortsAreTrunks() {
        PortVlan trunk = new PortVlan.Trunk(PortVlan.NONE, 0x123);
        RecordingSink peerSink = new RecordingSink();
        SwitchPort peer = lan.lan.connect("trunk", PortType.SYNTHETIC, trunk, peerSink);
        lan.device.connect(lan.lan, trunk);
        lan.up();
        int tag = 5 << 13 | 1 << 12 | 0x123;

        lan.guest.sendSection(0, RndisGuest.packet(Lan.toPeer(64, 1), RndisPacket.vlanInfo(tag)));
        Frame frame = Frames.frame(lan.pool, Frames.bytes(Lan.OWN, Lan.PEER, 64, 2));
        frame.tag(tag);
        peer.send(frame);
        lan.guest.settle();

        assertThat(peerSink.tags).containsExactly(tag);
        assertThat(RndisPacket.vlanInfo(tag)).isEqualTo(5 | 8 | 0x123 << 4);
        assertThat(lan.guest.vlans).containsExactly(RndisPacket.vlanInfo(tag));
        assertThat(lan.guest.frames.getFirst()).hasSize(64);
    }

    @Test
    void onAnAccessPortTheGuestKnowsNothingOfItsVlan() {
        RecordingSink peerSink = new RecordingSink();
        SwitchPort peer = lan.lan.connect("access", PortType.SYNTHETIC, new PortVlan.Access(7), peerSink);
        SwitchPort own = lan.device.connect(lan.lan, new PortVlan.Access(7));
        lan.up();
        byte[] plain = Lan.toPeer(64, 1);

        lan.guest.send(plain);
        lan.guest.sendSection(0, RndisGuest.packet(plain, RndisPacket.vlanInfo(7)));
        Frames.send(lan.pool, peer, Lan.OWN, Lan.PEER);
        lan.peerSends(64, 2);
        lan.guest.settle();

        assertThat(peerSink.frames).containsExactly(plain);
        assertThat(peerSink.tags).containsExactly(Frame.UNTAGGED);
        assertThat(lan.peerSink.frames).isEmpty();
        assertThat(own.counters().value(PortCounter.IN_DROPPED_VLAN)).isEqualTo(1);
        assertThat(lan.guest.frames).hasSize(1);
        assertThat(lan.guest.vlans).containsExactly(-1);
    }

    @Test
    void frameLengthsAreHeldToWhatWasAgreed() {
        lan.up();

        lan.guest.sendPages(RndisGuest.packet(Lan.toPeer(1518, 0), -1), 44);
        lan.guest.sendPages(RndisGuest.packet(Lan.toPeer(1519, 0), -1), 44);
        lan.guest.sendPages(RndisGuest.packet(new byte[13], -1), 44);
        lan.peerSends(1518, 1);
        lan.peerSends(1633, 2);
        lan.guest.settle();

        assertThat(lan.peerSink.frames).extracting(frame -> frame.length).containsExactly(1518);
        assertThat(lan.count(NetVspCounter.SEND_DROPPED_LENGTH)).isEqualTo(2);
        assertThat(lan.guest.frames).extracting(frame -> frame.length).containsExactly(1518);
        assertThat(lan.count(NetVspCounter.RECEIVE_DROPPED_LENGTH)).isEqualTo(1);
    }

    @Test
    void jumboFramesGoBothWaysWhenAgreed() {
        lan.opened().guest.bringUp(NvspVersion.V6_1, 9014, RndisGuest.FILTER_NORMAL);
        byte[] out = Lan.toPeer(9014, 1);

        assertThat(lan.guest.sendPages(RndisGuest.packet(out, -1), 44)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        byte[] in = lan.peerSends(9014, 2);
        lan.guest.settle();

        assertThat(lan.peerSink.frames).containsExactly(out);
        assertThat(lan.guest.frames).containsExactly(in);
    }

    @Test
    void aFrameThatNeedsAnOffloadIsNotSentIncomplete() {
        lan.up();
        byte[] checksum = RndisGuest.packet(Lan.toPeer(100, 1), 0);
        Wire.put32(checksum, 48, RndisPacket.INFO_CHECKSUM);
        Wire.put32(checksum, 56, 0x5);
        byte[] large = checksum.clone();
        Wire.put32(large, 48, RndisPacket.INFO_LARGE_SEND);

        assertThat(lan.guest.sendSection(0, checksum)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(lan.guest.sendSection(0, large)).isEqualTo(NvspMessage.STATUS_SUCCESS);

        assertThat(lan.peerSink.frames).isEmpty();
        assertThat(lan.count(NetVspCounter.SEND_DROPPED_OFFLOAD)).isEqualTo(2);
    }

    @Test
    void thePacketFilterDecidesWhatComesIn() {
        lan.up();
        MacAddress other = Frames.C;

        lan.peerSends(other, 64, 1);
        byte[] group = lan.peerSends(Frames.MULTICAST, 64, 2);
        byte[] all = lan.peerSends(MacAddress.BROADCAST, 64, 3);
        byte[] own = lan.peerSends(64, 4);
        lan.guest.settle();
        assertThat(lan.guest.frames).containsExactly(group, all, own);
        assertThat(lan.count(NetVspCounter.RECEIVE_FILTERED)).isEqualTo(1);

        lan.guest.frames.clear();
        lan.guest.setFilter(1);
        lan.peerSends(MacAddress.BROADCAST, 64, 5);
        lan.peerSends(Frames.MULTICAST, 64, 6);
        byte[] directed = lan.peerSends(64, 7);
        lan.guest.settle();
        lan.guest.setFilter(RndisGuest.FILTER_PROMISCUOUS);
        byte[] foreign = lan.peerSends(other, 64, 8);
        lan.guest.settle();
        assertThat(lan.guest.frames).containsExactly(directed, foreign);
    }

    @Test
    void aClosedFilterTakesNothingAndThePortCountsIt() {
        lan.up();

        lan.guest.setFilter(0);
        lan.peerSends(64, 1);
        lan.guest.settle();

        assertThat(lan.guest.frames).isEmpty();
        assertThat(port().counters().value(PortCounter.OUT_DROPPED_CLOSED)).isEqualTo(1);
    }

    private SwitchPort port() {
        SwitchPort port = lan.device.port();
        if (port == null) {
            throw new AssertionError("not connected");
        }
        return port;
    }

    @Test
    void waitingFramesGoSeveralInAPacket() {
        lan.up();
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            sent.add(lan.peerSends(64 + i, i));
        }

        lan.guest.settle();

        assertThat(lan.guest.frames).containsExactlyElementsOf(sent);
        assertThat(lan.guest.batches).containsExactly(64, 36);
        assertThat(lan.count(NetVspCounter.RECEIVED_PACKETS)).isEqualTo(2);
    }

    @Test
    void aGuestThatDoesNotReturnBuffersGetsNoMoreFramesButAnswers() {
        lan = new Lan(new RndisGuest(new GuestRam(1024, 0), 129, 16, 16)).up();
        RndisGuest small = lan.guest;
        small.completing(false);
        for (int i = 0; i < 200; i++) {
            lan.peerSends(100, i);
        }
        small.settle();
        int suballocations = 16 * 4096 / 1728;
        assertThat(small.frames).hasSize(suballocations - 16);

        assertThat(small.query(Oid.GEN_LINK_SPEED)).isNotNull();
        small.completeReceives();
        small.completing(true);
        small.completeReceives();

        assertThat(small.frames).hasSize(200);
        assertThat(lan.count(NetVspCounter.WRONG_COMPLETIONS)).isZero();
    }

    @Test
    void whatAFullQueueCannotTakeIsCountedAtThePort() {
        lan.up();
        for (int i = 0; i < 1030; i++) {
            lan.peerSends(64, i);
        }

        assertThat(port().counters().value(PortCounter.OUT_DROPPED_FULL)).isEqualTo(6);
        lan.guest.settle();
        assertThat(lan.guest.frames).hasSize(1024);
    }

    @Test
    void aFullRingDelaysFramesAndAnswersAndLosesNone() {
        Samples.check(20, random -> {
            Lan tight = Lan.withRings(1);
            tight.up();
            List<byte[]> sent = new ArrayList<>();
            List<byte[]> received = new ArrayList<>();
            int out = 0;
            for (int step = 0; step < 60; step++) {
                if (random.nextBoolean()) {
                    for (int i = random.nextInt(30); i > 0; i--) {
                        sent.add(tight.peerSends(64 + random.nextInt(1000), step));
                    }
                    tight.pair().settle();
                } else {
                    // Sends without taking what the host has to say, as far as the guest's own ring goes.
                    byte[] frame = Lan.toPeer(64, step);
                    tight.guest.writeSection(0, RndisGuest.packet(frame, -1));
                    byte[] message = RndisGuest.message(NvspMessage.RndisPacket.TYPE, 0, 0, 108);
                    for (int i = random.nextInt(40); i > 0; i--) {
                        if (tight.pair().send(1L << 40 | out, true, message)) {
                            out++;
                        }
                        tight.pair().settle();
                    }
                }
                if (random.nextInt(3) == 0) {
                    tight.guest.settle();
                }
            }
            tight.guest.settle();
            received.addAll(tight.guest.frames);

            assertThat(received).containsExactlyElementsOf(sent);
            assertThat(tight.peerSink.frames).hasSize(out);
            assertThat(tight.guest.completions).hasSize(out);
            tight.guest.close();
            assertThat(tight.device.framesLent()).isZero();
            assertThat(tight.pool.lent()).isZero();
        });
    }

    @Test
    void adapterPortAndGuestCountTheSame() {
        lan.up();
        int fromGuest = 0;
        for (int i = 0; i < 37; i++) {
            MacAddress to = i % 5 == 0 ? MacAddress.BROADCAST : i % 5 == 1 ? Frames.MULTICAST : Lan.PEER;
            lan.guest.send(Frames.bytes(to, Lan.OWN, 60 + i, i));
            fromGuest += 60 + i;
            lan.peerSends(i % 4 == 0 ? MacAddress.BROADCAST : Lan.OWN, 100 + i, i);
        }
        lan.guest.settle();

        SwitchPort port = port();
        assertThat(sum("SENT_", "_FRAMES")).isEqualTo(37);
        assertThat(port.counters().value(PortCounter.FRAMES_IN)).isEqualTo(37);
        assertThat(sum("SENT_", "_BYTES")).isEqualTo(fromGuest);
        assertThat(port.counters().value(PortCounter.BYTES_IN)).isEqualTo(fromGuest);
        assertThat(sum("RECEIVED_", "_FRAMES")).isEqualTo(lan.guest.frames.size());
        assertThat(port.counters().value(PortCounter.FRAMES_OUT)).isEqualTo(lan.guest.frames.size());
        assertThat(sum("RECEIVED_", "_BYTES")).isEqualTo(port.counters().value(PortCounter.BYTES_OUT));
    }

    private long sum(String prefix, String suffix) {
        long sum = 0;
        for (NetVspCounter counter : NetVspCounter.values()) {
            if (counter.name().startsWith(prefix) && counter.name().endsWith(suffix)) {
                sum += lan.count(counter);
            }
        }
        return sum;
    }

    @Test
    void anAdapterMovesToAnotherSwitchWhileItsGuestRuns() {
        lan.up();
        Lan there = new Lan();
        there.device.disconnect();

        lan.device.connect(there.lan);
        lan.guest.settle();
        lan.peerSends(64, 1);
        byte[] frame = there.peerSends(64, 2);
        lan.guest.send(Lan.toPeer(64, 3));
        lan.guest.settle();

        assertThat(lan.guest.frames).containsExactly(frame);
        assertThat(lan.peerSink.frames).isEmpty();
        assertThat(there.peerSink.frames).containsExactly(Lan.toPeer(64, 3));
        assertThat(there.pool.lent()).isZero();
    }

    @Test
    void aWatcherSeesTheAdaptersFramesAtEachSwitch() {
        List<FrameWatcher.Direction> seen = new ArrayList<>();
        lan.device.watch((_, _, direction) -> seen.add(direction));
        lan.up();
        lan.guest.send(Lan.toPeer(64, 1));
        lan.device.disconnect();
        lan.device.connect(lan.lan);
        lan.guest.settle();

        lan.peerSends(64, 2);
        lan.device.watch(null);
        lan.peerSends(64, 3);

        assertThat(seen).containsExactly(FrameWatcher.Direction.SENT, FrameWatcher.Direction.RECEIVED);
    }

    @Test
    void whenAllBuffersWaitSomewhereTheGuestsFramesAreDroppedAndCounted() {
        lan.up();
        List<Frame> held = new ArrayList<>();
        SwitchPort hoarder = lan.lan.connect("hoarder", PortType.SYNTHETIC, (frame, _) -> {
            held.add(frame);
            return FrameSink.Outcome.TAKEN;
        });
        byte[] frame = Frames.bytes(MacAddress.BROADCAST, Lan.OWN, 60, 0);
        byte[] four = RndisGuest.batch(
                RndisGuest.packet(frame, -1),
                RndisGuest.packet(frame, -1),
                RndisGuest.packet(frame, -1),
                RndisGuest.packet(frame, -1));
        for (int i = 0; i < 2000; i++) {
            assertThat(lan.guest.sendSection(0, four)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        }

        assertThat(lan.count(NetVspCounter.SEND_DROPPED_NO_BUFFER)).isEqualTo(8000 - held.size());
        assertThat(held.size()).isBetween(4000, 6000);
        held.forEach(Frame::release);
        hoarder.disconnect();
        lan.guest.send(frame);
        assertThat(lan.count(NetVspCounter.SENT_BROADCAST_FRAMES)).isEqualTo(held.size() + 1);
    }
}

package cloison.vsp.netvsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.machine.Choices;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import cloison.net.Frames;
import cloison.net.RecordingSink;
import cloison.net.frame.MacAddress;
import cloison.net.port.PortType;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisMessage;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// A script of what a guest does to its adapter, mostly sensible, partly not: nothing throws out of the host, no
/// frame is lost for good, none gets into a VLAN that the adapter is not in, and other ports go on receiving.
@Tag("fuzz")
class NetVspFuzzTest {
    private static final List<PortVlan> MODES = List.of(
            PortVlan.UNTAGGED,
            new PortVlan.Access(7),
            new PortVlan.Trunk(PortVlan.NONE, 7, 8),
            new PortVlan.Trunk(8, 7));

    private static void check(byte[] script) {
        Choices choices = new Choices(script);
        Lan lan = new Lan(new RndisGuest(new GuestRam(192, 0), choices.flag() ? 9 : 2, 40, 16));
        RecordingSink bystander = new RecordingSink();
        SwitchPort other = lan.lan.connect("bystander", PortType.SYNTHETIC, bystander);
        RecordingSink secluded = new RecordingSink();
        lan.lan.connect("secluded", PortType.SYNTHETIC, new PortVlan.Access(9), secluded);
        lan.opened();
        if (!choices.once(4)) {
            lan.guest.bringUp();
        }
        while (choices.more()) {
            act(lan, choices);
        }

        assertThat(secluded.frames).isEmpty();
        bystander.frames.clear();
        Frames.send(lan.pool, lan.peer, MacAddress.BROADCAST, Lan.PEER);
        assertThat(bystander.frames).hasSize(1);
        other.disconnect();
        lan.pair().settle();
        lan.pair().close();
        assertThat(lan.device.framesLent()).isZero();
        assertThat(lan.pool.lent()).isZero();
        assertThat(lan.device.status().phase()).isEqualTo("closed");
    }

    private static void act(Lan lan, Choices choices) {
        int transaction = choices.below(40);
        boolean asks = !choices.once(8);
        switch (choices.below(20)) {
            case 0 -> lan.pair().send(transaction, asks, nvsp(choices));
            case 1 -> lan.pair().send(transaction, asks, choices.some(48));
            case 2, 3, 4 -> section(lan, choices, transaction, asks);
            case 5, 6, 7 -> pages(lan, choices, transaction, asks);
            case 8 -> lan.pair().complete(choices.wide(), choices.some(12));
            case 9 -> lan.guest.complete(transaction);
            case 10, 11 -> lan.peerSends(14 + choices.below(2000), transaction);
            case 12 -> lan.peerSends(MacAddress.BROADCAST, 64, transaction);
            case 13, 14 -> drain(lan);
            case 15 -> lan.device.link(choices.flag());
            case 16 -> seldom(lan, choices);
            default -> lan.pair().settle();
        }
    }

    private static void seldom(Lan lan, Choices choices) {
        switch (choices.below(8)) {
            case 0 -> lan.pair().revoke(RndisGuest.RECEIVE_GPADL);
            case 1 -> lan.pair().revoke(RndisGuest.SEND_GPADL);
            case 2 -> {
                lan.pair().close();
                lan.guest.shareBuffers();
                lan.pair().open(lan.device);
            }
            case 3 -> lan.device.disconnect();
            case 4 -> lan.device.connect(lan.lan, MODES.get(choices.below(MODES.size())));
            default -> lan.guest.shareBuffers();
        }
    }

    private static void drain(Lan lan) {
        lan.pair().settle();
        for (GuestPacket packet = lan.pair().receive();
                packet != null;
                packet = lan.pair().receive()) {
            if (packet.completionRequested()) {
                lan.guest.complete(packet.transactionId());
            }
        }
        lan.pair().settle();
    }

    private static byte[] nvsp(Choices choices) {
        return switch (choices.below(7)) {
            case 0 -> {
                NvspVersion version = NvspVersion.values()[choices.below(NvspVersion.values().length)];
                yield RndisGuest.message(NvspMessage.Init.TYPE, version.code());
            }
            case 1 ->
                RndisGuest.message(NvspMessage.ReceiveBuffer.TYPE, RndisGuest.RECEIVE_GPADL + choices.below(3), 0xCAFE);
            case 2 -> RndisGuest.message(NvspMessage.SendBuffer.TYPE, RndisGuest.RECEIVE_GPADL + choices.below(3), 0);
            case 3 -> RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, choices.word());
            default -> RndisGuest.message(95 + choices.below(45), choices.word(), choices.word());
        };
    }

    private static byte[] rndis(Choices choices) {
        byte[] bytes = switch (choices.below(8)) {
            case 0 -> RndisGuest.packet(tagged(choices), choices.flag() ? -1 : choices.below(0x100));
            case 1, 2 -> RndisGuest.packet(Lan.toPeer(14 + choices.below(1600), 1), choices.below(0x10000) - 1);
            case 3 ->
                RndisGuest.batch(
                        RndisGuest.packet(Lan.toPeer(14 + choices.below(100), 1), -1),
                        RndisGuest.packet(Lan.toPeer(14 + choices.below(100), 2), 5));
            case 4 -> RndisGuest.rndis(RndisMessage.INITIALIZE, 1, 1, 0, 0x4000);
            case 5 ->
                RndisGuest.rndis(RndisMessage.SET, 2, Oid.GEN_CURRENT_PACKET_FILTER, 4, 20, 0, choices.below(0x40));
            case 6 ->
                RndisGuest.rndis(
                        2 + choices.below(8),
                        choices.word(),
                        oid(choices),
                        choices.below(40),
                        choices.below(40),
                        choices.word(),
                        choices.word(),
                        choices.word());
            default -> choices.some(300);
        };
        // Some words of it are not what they were.
        for (int i = choices.once(3) ? 1 + choices.below(3) : 0; i > 0 && bytes.length >= 4; i--) {
            Wire.put32(bytes, Math.min(4 * choices.below(15), bytes.length - 4), choices.word());
        }
        return bytes;
    }

    /// {@return a frame to everybody with VLAN tags in its bytes}
    private static byte[] tagged(Choices choices) {
        byte[] frame = Frames.bytes(MacAddress.BROADCAST, Lan.OWN, 14 + choices.below(60), 1);
        for (int at = 12; at + 4 <= frame.length && choices.flag(); at += 4) {
            Wire.put32(frame, at, choices.below(12) << 24 | 0x0081);
        }
        return frame;
    }

    private static int oid(Choices choices) {
        return switch (choices.below(4)) {
            case 0 -> 0x0001_0101 + choices.below(32);
            case 1 -> 0x0001_0200 + choices.below(32);
            case 2 -> 0x0002_0100 + choices.below(0x300);
            default -> 0xFC01_0200 + choices.below(16);
        };
    }

    private static void section(Lan lan, Choices choices, long transaction, boolean asks) {
        byte[] bytes = rndis(choices);
        lan.guest.writeSection(0, bytes);
        int size = choices.once(8) ? choices.word() : bytes.length;
        int section = choices.once(8) ? choices.word() : 0;
        lan.pair()
                .send(
                        transaction,
                        asks,
                        RndisGuest.message(NvspMessage.RndisPacket.TYPE, choices.below(2), section, size));
    }

    private static void pages(Lan lan, Choices choices, long transaction, boolean asks) {
        byte[] bytes = rndis(choices);
        long pfn = lan.guest.messagePfn();
        lan.pair().ram().write(pfn << 12, bytes);
        int cut = bytes.length == 0 ? 0 : choices.below(bytes.length);
        GpaRange second = choices.once(8)
                ? new GpaRange(choices.below(4096), 0, choices.wide())
                : RndisGuest.range(pfn, cut, bytes.length - cut);
        boolean mixed = choices.once(8);
        lan.pair()
                .sendGpaDirect(
                        transaction,
                        asks,
                        RndisGuest.message(
                                NvspMessage.RndisPacket.TYPE,
                                1,
                                mixed ? choices.below(4) : NvspMessage.NO_SECTION,
                                mixed ? choices.below(200) : 0),
                        RndisGuest.range(pfn, 0, cut),
                        second);
    }

    @FuzzTest(maxDuration = "2m")
    void noScriptReachesBeyondTheGuest(byte[] script) {
        check(script);
    }

    @Test
    void noRandomScriptReachesBeyondTheGuest() {
        Samples.check(300, random -> {
            byte[] script = new byte[4000];
            random.nextBytes(script);
            check(script);
        });
    }
}

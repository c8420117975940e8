package cloison.vsp.netvsp;

import static cloison.vsp.netvsp.RndisGuest.message;
import static cloison.vsp.netvsp.RndisGuest.packet;
import static cloison.vsp.netvsp.RndisGuest.range;
import static cloison.vsp.netvsp.RndisGuest.rndis;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.wire.Wire;
import cloison.net.Frames;
import cloison.net.frame.Frame;
import cloison.net.frame.MacAddress;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisMessage;
import cloison.vsp.netvsp.protocol.RndisPacket;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A guest that does what no driver would. Whatever it does, the host only counts; the peer goes on receiving, no
/// frame is lost for good, and the same adapter works again as soon as the guest behaves.
class HostileGuestTest {
    private static final int DATA = NvspMessage.CHANNEL_DATA;
    private static final int NONE = NvspMessage.NO_SECTION;
    private static final int RNDIS = NvspMessage.RndisPacket.TYPE;

    private final Lan lan = new Lan();
    private final RndisGuest guest = lan.guest;

    @BeforeEach
    void bringUp() {
        lan.up();
    }

    @AfterEach
    void theRestOfTheWorldGoesOn() {
        lan.peerSink.frames.clear();
        Frames.send(lan.pool, lan.lan.ports().get(1), MacAddress.BROADCAST, Frames.C);
        assertThat(lan.peerSink.frames).hasSize(1);

        guest.close();
        assertThat(lan.device.framesLent()).isZero();
        assertThat(lan.pool.lent()).isZero();

        guest.completing(true);
        guest.frames.clear();
        lan.up();
        guest.send(Lan.toPeer(70, 1));
        byte[] in = lan.peerSends(80, 2);
        guest.settle();
        assertThat(lan.peerSink.frames).endsWith(Lan.toPeer(70, 1));
        assertThat(guest.frames).containsExactly(in);
        guest.close();
        assertThat(lan.device.framesLent()).isZero();
        assertThat(lan.pool.lent()).isZero();
    }

    private void nothingWasSent() {
        assertThat(lan.peerSink.frames).isEmpty();
        assertThat(lan.device.status().phase()).isEqualTo("operating");
    }

    @ParameterizedTest
    @CsvSource({"42, 60", "1000000, 60", "-2, 60", "0, 6145", "0, -1", "41, 2147483647", "-2147483648, 8"})
    void sectionsThatAreNotThere(int section, int size) {
        assertThat(guest.sendRaw(message(RNDIS, DATA, section, size))).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 0xC0000, 1L << 40, 1L << 52, (1L << 52) + 16, -1, Long.MIN_VALUE})
    void pagesThatAreNotThere(long pfn) {
        assertThat(guest.sendRaw(message(RNDIS, DATA, NONE, 0), new GpaRange(100, 0, pfn)))
                .isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        // The header is there, the frame is not.
        byte[] bytes = packet(Lan.toPeer(64, 0), -1);
        lan.pair().ram().write(guest.messagePfn() << 12, bytes);
        assertThat(guest.sendRaw(
                        message(RNDIS, DATA, NONE, 0), range(guest.messagePfn(), 0, 44), new GpaRange(64, 0, pfn)))
                .isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @Test
    void packetsThatReferToNothing() {
        assertThat(guest.sendRaw(message(RNDIS, DATA, NONE, 0))).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        assertThat(guest.sendRaw(message(RNDIS, DATA, NONE, 0), new GpaRange(0, 0)))
                .isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        assertThat(guest.sendRaw(message(RNDIS, DATA, 0, 0))).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        assertThat(guest.sendRaw(message(RNDIS, DATA, 0, 7))).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8, 43, 109, 1 << 20, -1, Integer.MIN_VALUE})
    void frameMessagesWithAFalseLength(int length) {
        byte[] bytes = packet(Lan.toPeer(64, 0), -1);
        Wire.put32(bytes, 4, length);

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
        assertThat(lan.count(NetVspCounter.SEND_DROPPED_MALFORMED)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 64",
        "35, 64",
        "-8, 64",
        "-1, 64",
        "36, 65",
        "100, 1",
        "36, -1",
        "36, -100",
        "2147483647, 2147483647",
        "-36, 100"
    })
    void framesOutsideOfTheirMessage(int dataOffset, int dataLength) {
        byte[] bytes = packet(Lan.toPeer(64, 0), -1);
        Wire.put32(bytes, 8, dataOffset);
        Wire.put32(bytes, 12, dataLength);

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @ParameterizedTest
    @CsvSource({"36, 2000", "0, 16", "35, 16", "-8, 16", "-1, 16", "120, 16", "36, -1", "36, -16", "2147483600, 512"})
    void informationOutsideOfItsMessage(int offset, int length) {
        byte[] bytes = packet(Lan.toPeer(64, 0), 0x10);
        Wire.put32(bytes, 28, offset);
        Wire.put32(bytes, 32, length);

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @ParameterizedTest
    @CsvSource({"0, 12", "11, 12", "17, 12", "-1, 12", "-16, 12", "16, 17", "16, -1", "16, -2147483648"})
    void informationThatContradictsItself(int size, int data) {
        byte[] bytes = packet(Lan.toPeer(64, 0), 0x10);
        Wire.put32(bytes, RndisPacket.HEADER_SIZE, size);
        Wire.put32(bytes, RndisPacket.HEADER_SIZE + 8, data);

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @Test
    void informationThatOverlapsTheFrameIsReadOnceEach() {
        byte[] frame = Lan.toPeer(64, 0);
        byte[] bytes = packet(frame, -1);
        // The first bytes of the frame are also taken for information: 0x5D1500 bytes of it.
        Wire.put32(bytes, 28, 36);
        Wire.put32(bytes, 32, 16);

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @Test
    void aVlanInformationTooShortForItsValueMeansNoVlan() {
        byte[] bytes = packet(Lan.toPeer(64, 0), 0x10);
        Wire.put32(bytes, RndisPacket.HEADER_SIZE + 8, 14);

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(lan.peerSink.tags).containsExactly(Frame.UNTAGGED);
    }

    @Test
    void goodFramesBeforeABadOneAreSent() {
        byte[] good = Lan.toPeer(60, 1);
        byte[] bad = packet(Lan.toPeer(60, 2), -1);
        Wire.put32(bad, 12, 5000);

        assertThat(guest.sendSection(0, RndisGuest.batch(packet(good, -1), bad)))
                .isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);

        assertThat(lan.peerSink.frames).containsExactly(good);
    }

    @Test
    void aControlMessageBehindAFrameIsMalformed() {
        byte[] bytes = RndisGuest.batch(packet(Lan.toPeer(60, 1), -1), rndis(RndisMessage.HALT, 1));

        assertThat(guest.sendSection(0, bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);

        assertThat(lan.device.status().phase()).isEqualTo("operating");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 11, 29, 8193, 1 << 30, -1})
    void controlMessagesWithAFalseLength(int length) {
        byte[] bytes = rndis(RndisMessage.QUERY, 9, Oid.GEN_LINK_SPEED, 0, 0, 0);
        Wire.put32(bytes, 4, length);

        assertThat(guest.sendControl(bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        nothingWasSent();
    }

    @Test
    void aControlMessageThatIsTooLong() {
        byte[] bytes = Arrays.copyOf(rndis(RndisMessage.SET, 9, Oid.GEN_FRIENDLY_NAME, 9000, 20, 0), 9028);
        Wire.put32(bytes, 4, bytes.length);

        assertThat(guest.sendControl(bytes)).isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 9, 100, 0x8000_0002, 0x8000_0004, -1})
    void controlMessagesThatNoHostTakes(int type) {
        assertThat(guest.sendControl(rndis(type, 1, 2, 3, 4, 5))).isEqualTo(NvspMessage.STATUS_FAILURE);
        nothingWasSent();
    }

    @Test
    void initialisingTwice() {
        assertThat(guest.initialize()).isEqualTo(-1);
        assertThat(lan.count(NetVspCounter.OUT_OF_PLACE)).isEqualTo(1);
    }

    @Test
    void aFloodOfQuestionsWhoseAnswersNobodyTakes() {
        byte[] question = rndis(RndisMessage.QUERY, 9, Oid.GEN_FRIENDLY_NAME, 0, 0, 0);
        lan.pair().ram().write(guest.messagePfn() << 12, question);
        guest.completing(false);
        int refused = 0;
        for (int i = 0; i < 5000; i++) {
            lan.pair()
                    .sendGpaDirect(
                            i,
                            true,
                            message(RNDIS, NvspMessage.CHANNEL_CONTROL, NONE, 0),
                            range(guest.messagePfn(), 0, question.length));
            lan.pair().settle();
            for (GuestPacket packet = lan.pair().receive();
                    packet != null;
                    packet = lan.pair().receive()) {
                if (packet.type() == Packet.COMPLETION && Wire.i32(packet.payload(), 4) == NvspMessage.STATUS_FAILURE) {
                    refused++;
                }
            }
        }

        assertThat(lan.count(NetVspCounter.CONTROL_DROPPED)).isEqualTo(refused).isGreaterThan(4000);
    }

    @Test
    void aFloodOfPacketsIntoARingThatNobodyEmpties() {
        byte[] frame = message(RNDIS, DATA, 0, 108);
        guest.writeSection(0, packet(Lan.toPeer(64, 0), -1));
        int accepted = 0;
        for (int i = 0; i < 50_000; i++) {
            if (lan.pair().send(i, true, frame)) {
                accepted++;
            }
            if (i % 100 == 0) {
                lan.pair().settle();
            }
        }
        lan.pair().settle();

        // The host stopped reading when it could no longer complete.
        assertThat(accepted).isLessThan(50_000);
        assertThat(lan.count(NetVspCounter.RING_FULL)).isPositive();
        assertThat(lan.count(NetVspCounter.SENT_PACKETS)).isLessThan(accepted);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 5, 605, 606, 607, 1L << 32, -1, Long.MIN_VALUE})
    void completionsOfWhatWasNeverSent(long transaction) {
        guest.complete(transaction);
        guest.complete(transaction);
        guest.settle();

        assertThat(lan.count(NetVspCounter.WRONG_COMPLETIONS)).isEqualTo(2);
    }

    @Test
    void completingTheSamePacketTwiceFreesItOnce() {
        guest.completing(false);
        lan.peerSends(64, 1);
        guest.settle();
        long transaction = guest.uncompleted.getFirst();

        guest.complete(transaction);
        guest.complete(transaction);
        guest.settle();

        assertThat(lan.count(NetVspCounter.WRONG_COMPLETIONS)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, Packet.TRANSFER_PAGES, 8, 10, 12, 0xFFFF})
    void packetsOfAnyType(int type) {
        lan.pair().rings().send(type, true, 1, new byte[0], message(RNDIS, DATA, 0, 108));
        lan.pair().rings().send(type, true, 2, new byte[0], message(NvspMessage.RevokeReceiveBuffer.TYPE, 0xCAFE));
        lan.pair().rings().send(type, false, 3, new byte[0], new byte[0]);
        guest.settle();

        assertThat(lan.device.status().phase()).isEqualTo("operating");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 8, 16, 24})
    void messagesCutShort(int length) {
        for (int type = 0; type < 140; type++) {
            if (type != NvspMessage.RevokeReceiveBuffer.TYPE && type != NvspMessage.RevokeSendBuffer.TYPE) {
                guest.ask(Arrays.copyOf(message(type, -1, -1, -1, -1, -1), length));
            }
        }
        nothingWasSent();
    }

    @Test
    void theSameBufferForBothDirections() {
        guest.close();
        guest.open(lan.device);
        guest.init(NvspVersion.V6_1.code());
        assertThat(guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(guest.shareSendBuffer(RndisGuest.RECEIVE_GPADL)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        guest.initialize();
        guest.setFilter(RndisGuest.FILTER_PROMISCUOUS);
        lan.peerSends(64, 1);
        guest.settle();
        lan.pair().revoke(RndisGuest.RECEIVE_GPADL);

        assertThat(guest.frames).hasSize(1);
        assertThat(lan.device.status().phase()).isEqualTo("configuring");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
    void closingInEachPhase(int steps) {
        guest.close();
        guest.open(lan.device);
        if (steps > 0) {
            guest.init(NvspVersion.V6_1.code());
        }
        if (steps > 1) {
            guest.shareSendBuffer(RndisGuest.SEND_GPADL);
        }
        if (steps > 2) {
            guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL);
        }
        if (steps > 3) {
            guest.initialize();
        }
        if (steps > 4) {
            guest.setFilter(RndisGuest.FILTER_NORMAL);
        }
        if (steps > 5) {
            guest.completing(false);
            for (int i = 0; i < 2000; i++) {
                lan.peerSends(1000, i);
            }
            lan.pair().turn();
        }
        lan.peerSends(100, 1);
    }
}

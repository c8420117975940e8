package cloison.vsp.netvsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.wire.Wire;
import cloison.net.frame.MacAddress;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisMessage;
import cloison.vsp.netvsp.protocol.RndisStatus;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RndisControlTest {
    private final Lan lan = new Lan();
    private final RndisGuest guest = lan.guest;

    private void connected() {
        lan.opened();
        guest.init(NvspVersion.V6_1.code());
        guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL);
        guest.shareSendBuffer(RndisGuest.SEND_GPADL);
    }

    @Test
    void initialisingTellsHowFramesMayBePutTogether() {
        connected();

        byte[] answer = guest.request(RndisGuest.rndis(RndisMessage.INITIALIZE, 77, 1, 0, 0x4000));

        assertThat(Wire.i32(answer, 0)).isEqualTo(0x8000_0002);
        assertThat(Wire.i32(answer, 8)).isEqualTo(77);
        assertThat(Wire.i32(answer, 12)).isZero();
        assertThat(Wire.i32(answer, 16)).isEqualTo(1);
        assertThat(Wire.i32(answer, 24)).isEqualTo(1);
        assertThat(Wire.i32(answer, 32)).isEqualTo(8);
        assertThat(Wire.i32(answer, 40)).isEqualTo(3);
    }

    @Test
    void nothingButInitialisingWorksBeforeIt() {
        connected();

        assertThat(guest.query(Oid.GEN_LINK_SPEED)).isNull();
        assertThat(guest.sendSection(0, RndisGuest.packet(Lan.toPeer(64, 0), -1)))
                .isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(guest.halt()).isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(lan.peerSink.frames).isEmpty();
        assertThat(lan.count(NetVspCounter.OUT_OF_PLACE)).isEqualTo(2);
    }

    @Test
    void theObjectsThatLinuxAsksForAreThere() {
        lan.up();

        assertThat(guest.queryNumber(Oid.GEN_MAXIMUM_FRAME_SIZE)).isEqualTo(1500);
        assertThat(guest.query(Oid.ETHERNET_PERMANENT_ADDRESS)).containsExactly(0, 0x15, 0x5D, 0, 0, 0x0A);
        assertThat(guest.queryNumber(Oid.GEN_MEDIA_CONNECT_STATUS)).isZero();
        assertThat(guest.queryNumber(Oid.GEN_LINK_SPEED)).isEqualTo(100_000_000);
        byte[] name = guest.query(Oid.GEN_FRIENDLY_NAME);
        assertThat(name).hasSize(512);
        assertThat(new String(name, StandardCharsets.UTF_16LE)).startsWith("Network Adapter\0");
    }

    @ParameterizedTest
    @CsvSource({"1, 112, 1, 112", "2, 144, 2, 144", "3, 156, 3, 156", "9, 400, 3, 156", "3, 150, 2, 144"})
    void offloadCapabilitiesAreAllZeroInTheRevisionAskedFor(int asked, int room, int revision, int size) {
        lan.up();
        byte[] input = new byte[room];
        input[0] = (byte) 0xA7;
        input[1] = (byte) asked;
        Wire.put16(input, 2, room);

        byte[] found = guest.query(Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES, input);

        assertThat(found).hasSize(size);
        assertThat(Wire.u8(found, 0)).isEqualTo(0xA7);
        assertThat(Wire.u8(found, 1)).isEqualTo(revision);
        assertThat(Wire.u16(found, 2)).isEqualTo(size);
        assertThat(Arrays.copyOfRange(found, 4, size)).containsOnly(0);
    }

    @Test
    void scalingHasOneQueue() {
        lan.up();
        byte[] input = new byte[18];
        input[0] = (byte) 0x88;
        input[1] = 2;
        Wire.put16(input, 2, 18);

        byte[] found = guest.query(Oid.GEN_RECEIVE_SCALE_CAPABILITIES, input);

        assertThat(found).hasSize(18);
        assertThat(Wire.u8(found, 0)).isEqualTo(0x88);
        assertThat(Wire.i32(found, 12)).isEqualTo(1);
        assertThat(Wire.u16(found, 16)).isEqualTo(128);
    }

    @Test
    void scalingParametersMustLeadToTheOneQueue() {
        lan.up();
        byte[] parameters = new byte[40 + 512 + 40];
        parameters[0] = (byte) 0x89;
        parameters[1] = 2;
        Wire.put16(parameters, 2, 40);
        Wire.put16(parameters, 12, 512);
        Wire.put32(parameters, 16, 40);

        assertThat(guest.set(Oid.GEN_RECEIVE_SCALE_PARAMETERS, parameters)).isZero();
        Wire.put32(parameters, 40 + 8, 1);
        assertThat(guest.set(Oid.GEN_RECEIVE_SCALE_PARAMETERS, parameters)).isEqualTo(RndisStatus.INVALID_DATA);
        Wire.put16(parameters, 4, 0x10);
        assertThat(guest.set(Oid.GEN_RECEIVE_SCALE_PARAMETERS, parameters)).isZero();
        Wire.put16(parameters, 4, 0);
        Wire.put32(parameters, 16, -8);
        assertThat(guest.set(Oid.GEN_RECEIVE_SCALE_PARAMETERS, parameters)).isEqualTo(RndisStatus.INVALID_DATA);
    }

    @Test
    void settingOffloadsSucceedsIfWellFormed() {
        lan.up();
        byte[] old = Arrays.copyOf(RndisGuest.offloadParameters(), 22);
        old[2] = 22;

        assertThat(guest.set(Oid.TCP_OFFLOAD_PARAMETERS, old)).isZero();
        old[0] = 0x11;
        assertThat(guest.set(Oid.TCP_OFFLOAD_PARAMETERS, old)).isEqualTo(RndisStatus.INVALID_DATA);
        assertThat(guest.set(Oid.TCP_OFFLOAD_PARAMETERS, new byte[3])).isEqualTo(RndisStatus.INVALID_DATA);
    }

    @Test
    void anUnknownObjectIsNotSupportedAndItsAnswerWellFormed() {
        lan.up();

        byte[] answer = guest.queryAnswer(0x0001_FFFF, new byte[0]);

        assertThat(Wire.i32(answer, 12)).isEqualTo(RndisStatus.NOT_SUPPORTED);
        assertThat(Wire.u32(answer, 16)).isZero();
        assertThat(Wire.u32(answer, 20)).isEqualTo(16);
        assertThat(guest.set(0x0001_FFFF, new byte[4])).isEqualTo(RndisStatus.NOT_SUPPORTED);
    }

    @Test
    void everySupportedObjectCanBeQueriedOrSet() {
        lan.up();
        byte[] list = guest.query(Oid.GEN_SUPPORTED_LIST);

        for (int at = 0; at < list.length; at += 4) {
            int oid = Wire.i32(list, at);
            boolean queried = Wire.i32(guest.queryAnswer(oid, new byte[0]), 12) == RndisStatus.SUCCESS;
            boolean known = queried || guest.set(oid, new byte[0]) != RndisStatus.NOT_SUPPORTED;
            assertThat(known).as("OID %x", oid).isTrue();
        }
    }

    @Test
    void keepAliveIsAnswered() {
        lan.up();

        byte[] answer = guest.request(RndisGuest.rndis(RndisMessage.KEEP_ALIVE, 5));

        assertThat(Wire.i32(answer, 0)).isEqualTo(0x8000_0008);
        assertThat(Wire.i32(answer, 12)).isZero();
    }

    @Test
    void aResetClosesTheFilterAndSaysSo() {
        lan.up();

        guest.sendControl(RndisGuest.rndis(RndisMessage.RESET, 0));

        assertThat(Wire.i32(guest.resetAnswer(), 12)).isEqualTo(1);
        assertThat(lan.device.status().packetFilter()).isZero();
        lan.peerSends(64, 1);
        guest.settle();
        assertThat(guest.frames).isEmpty();
    }

    @Test
    void haltEndsWithACompletionAndNoAnswer() {
        lan.up();

        assertThat(guest.halt()).isEqualTo(NvspMessage.STATUS_SUCCESS);

        assertThat(lan.device.status().phase()).isEqualTo("connected");
        assertThat(guest.initialize()).isZero();
    }

    private static byte[] networkAddress(String name, int type, String value) {
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_16LE);
        byte[] valueBytes = value.getBytes(StandardCharsets.UTF_16LE);
        byte[] object = new byte[20 + nameBytes.length + valueBytes.length];
        Wire.put32(object, 0, 20);
        Wire.put32(object, 4, nameBytes.length);
        Wire.put32(object, 8, type);
        Wire.put32(object, 12, 20 + nameBytes.length);
        Wire.put32(object, 16, valueBytes.length);
        System.arraycopy(nameBytes, 0, object, 20, nameBytes.length);
        System.arraycopy(valueBytes, 0, object, 20 + nameBytes.length, valueBytes.length);
        return object;
    }

    @Test
    void aGuestThatChangesItsAddressReceivesAtBoth() {
        lan.up();

        assertThat(guest.set(Oid.GEN_RNDIS_CONFIG_PARAMETER, networkAddress("NetworkAddress", 2, "02AABBCCDDee")))
                .isZero();
        byte[] toNew = lan.peerSends(MacAddress.parse("02:aa:bb:cc:dd:ee"), 64, 1);
        byte[] toOld = lan.peerSends(64, 2);
        guest.settle();

        assertThat(guest.frames).containsExactly(toNew, toOld);
        assertThat(guest.query(Oid.ETHERNET_CURRENT_ADDRESS)[0]).isEqualTo((byte) 0x02);
        assertThat(guest.query(Oid.ETHERNET_PERMANENT_ADDRESS)[0]).isEqualTo((byte) 0x00);
        assertThat(lan.device.status().address()).hasToString("02:aa:bb:cc:dd:ee");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "02AABBCCDD", "01AABBCCDDEE", "000000000000", "02AABBCCDDEG", "02AABBCCDDEE0"})
    void anImpossibleAddressIsRefused(String value) {
        lan.up();

        assertThat(guest.set(Oid.GEN_RNDIS_CONFIG_PARAMETER, networkAddress("NetworkAddress", 2, value)))
                .isEqualTo(RndisStatus.INVALID_DATA);
        assertThat(lan.device.status().address()).isEqualTo(Lan.OWN);
    }

    @Test
    void otherParametersAreTakenOrRefusedByName() {
        lan.up();

        assertThat(guest.set(Oid.GEN_RNDIS_CONFIG_PARAMETER, networkAddress("*LsoV2IPv4", 2, "1")))
                .isZero();
        assertThat(guest.set(Oid.GEN_RNDIS_CONFIG_PARAMETER, networkAddress("Colour", 2, "red")))
                .isEqualTo(RndisStatus.NOT_SUPPORTED);
        byte[] astray = networkAddress("NetworkAddress", 2, "02AABBCCDDEE");
        Wire.put32(astray, 12, -4);
        assertThat(guest.set(Oid.GEN_RNDIS_CONFIG_PARAMETER, astray)).isEqualTo(RndisStatus.INVALID_LENGTH);
    }

    @Test
    void aGuestHearsOfItsLinkAndCanAsk() {
        lan.up();

        lan.device.link(false);
        guest.settle();
        assertThat(guest.indications).containsExactly(RndisStatus.MEDIA_DISCONNECT);
        assertThat(guest.queryNumber(Oid.GEN_MEDIA_CONNECT_STATUS)).isEqualTo(1);
        assertThat(Wire.i32(guest.query(Oid.GEN_LINK_STATE), 4)).isEqualTo(2);
        lan.peerSends(64, 1);
        guest.send(Lan.toPeer(64, 1));
        lan.device.link(true);
        guest.settle();

        assertThat(guest.indications).endsWith(RndisStatus.MEDIA_CONNECT);
        assertThat(guest.frames).isEmpty();
        assertThat(lan.peerSink.frames).isEmpty();
        assertThat(lan.count(NetVspCounter.SEND_DROPPED_LINK)).isEqualTo(1);
        byte[] after = lan.peerSends(64, 2);
        guest.settle();
        assertThat(guest.frames).containsExactly(after);
    }

    @Test
    void aGuestWithoutALinkIsToldSoAndThenOfIt() {
        lan.device.disconnect();
        lan.up();
        assertThat(guest.queryNumber(Oid.GEN_MEDIA_CONNECT_STATUS)).isEqualTo(1);
        assertThat(guest.indications).isEmpty();

        lan.device.connect(lan.lan);
        guest.settle();

        assertThat(guest.indications).containsExactly(RndisStatus.MEDIA_CONNECT);
    }

    @Test
    void statisticsAreWhatWasCounted() {
        lan.up();
        guest.send(Lan.toPeer(100, 1));
        lan.peerSends(MacAddress.BROADCAST, 200, 2);
        lan.peerSends(300, 3);
        guest.settle();

        assertThat(guest.queryNumber(Oid.GEN_XMIT_OK)).isEqualTo(1);
        assertThat(guest.queryNumber(Oid.GEN_RCV_OK)).isEqualTo(2);
        assertThat(guest.queryNumber(Oid.GEN_DIRECTED_BYTES_XMIT)).isEqualTo(100);
        assertThat(guest.queryNumber(Oid.GEN_BROADCAST_FRAMES_RCV)).isEqualTo(1);
        assertThat(Wire.u64(guest.query(Oid.GEN_BYTES_RCV), 0)).isEqualTo(500);
        assertThat(Wire.u64(guest.query(Oid.GEN_DIRECTED_FRAMES_RCV, new byte[8]), 0))
                .isEqualTo(1);
        assertThat(guest.queryNumber(Oid.GEN_RCV_NO_BUFFER)).isZero();
    }

    @Test
    void aRequestWhoseObjectIsOutsideOfItIsAnswered() {
        lan.up();

        byte[] query = guest.request(
                RndisGuest.rndis(RndisMessage.QUERY, 900, Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES, 4, -8, 0));
        byte[] set = guest.request(RndisGuest.rndis(RndisMessage.SET, 901, Oid.GEN_CURRENT_PACKET_FILTER, 4, 20, 0));

        assertThat(Wire.i32(query, 12)).isEqualTo(RndisStatus.INVALID_LENGTH);
        assertThat(Wire.i32(set, 12)).isEqualTo(RndisStatus.INVALID_LENGTH);
        assertThat(lan.count(NetVspCounter.MALFORMED)).isEqualTo(2);
    }
}

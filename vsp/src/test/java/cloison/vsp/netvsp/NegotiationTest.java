package cloison.vsp.netvsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import cloison.net.Frames;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NegotiationTest {
    private final Lan lan = new Lan();
    private final RndisGuest guest = lan.guest;

    @ParameterizedTest
    @EnumSource(NvspVersion.class)
    void aGuestOfAnyVersionSendsAndReceives(NvspVersion version) {
        lan.opened().guest.bringUp(version, 1514, RndisGuest.FILTER_NORMAL);
        byte[] out = Lan.toPeer(80, 1);

        guest.send(out);
        byte[] in = lan.peerSends(90, 2);
        guest.settle();

        assertThat(lan.peerSink.frames).containsExactly(out);
        assertThat(guest.frames).containsExactly(in);
        assertThat(lan.device.status().version()).isEqualTo(version);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 0x3_0001, 0x5_0001, 0x7_0000, -1})
    void anUnknownVersionIsRefusedAndTheNextOneMayBeTried(int code) {
        lan.opened();

        assertThat(guest.init(code)).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(guest.init(NvspVersion.V5.code())).isEqualTo(NvspMessage.STATUS_SUCCESS);
    }

    @Test
    void anOlderHostRefusesNewerVersions() {
        NetVspSettings old = new NetVspSettings(
                "a/nic0",
                Frames.A,
                Guid.of("11111111-2222-3333-4444-555555555555"),
                "lan",
                1500,
                1_000_000_000L,
                NvspVersion.V4);
        RndisGuest linux = new RndisGuest();
        linux.open(new NetVsp(old, linux.memory()));

        assertThat(linux.init(NvspVersion.V6_1.code())).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(linux.init(NvspVersion.V5.code())).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(linux.init(NvspVersion.V4.code())).isEqualTo(NvspMessage.STATUS_SUCCESS);
    }

    @Test
    void theAnswerToAVersionNamesItOnlyInVersionOne() {
        lan.opened();

        byte[] answer = guest.ask(RndisGuest.message(NvspMessage.Init.TYPE, 2, 2));

        assertThat(answer).hasSize(NvspMessage.SIZE);
        assertThat(Wire.i32(answer, 4)).isEqualTo(2);
        assertThat(Wire.i32(answer, 8)).isEqualTo(34);
    }

    @Test
    void aMessageThatWantsNoCompletionGetsNone() {
        lan.opened();

        guest.tell(RndisGuest.message(NvspMessage.Init.TYPE, NvspVersion.V5.code(), 0));
        guest.tell(RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, 1514));
        guest.tell(RndisGuest.message(NvspMessage.NdisVersion.TYPE, 6, 30));
        guest.tell(RndisGuest.message(NvspMessage.SendBuffer.TYPE, RndisGuest.SEND_GPADL, 0));
        guest.tell(RndisGuest.message(NvspMessage.ReceiveBuffer.TYPE, RndisGuest.RECEIVE_GPADL, 0xCAFE));
        guest.tell(RndisGuest.message(NvspMessage.Subchannels.TYPE, 1, 3));
        guest.tell(RndisGuest.message(4711));

        assertThat(guest.completions).isEmpty();
        assertThat(lan.device.status().phase()).isEqualTo("connected");
    }

    @Test
    void configurationIsCompletedEmptyWhereAGuestAsks() {
        lan.opened();
        guest.init(NvspVersion.V5.code());

        assertThat(guest.ask(RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, 1514)))
                .isEmpty();
        assertThat(guest.ask(RndisGuest.message(NvspMessage.NdisVersion.TYPE, 6, 30)))
                .isEmpty();
    }

    @Test
    void messagesOutOfPlaceChangeNothingAndAreCounted() {
        lan.opened();

        assertThat(guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL)).isEqualTo(NvspMessage.STATUS_FAILURE);
        guest.tell(RndisGuest.message(NvspMessage.RndisPacket.TYPE, 1, -1, 0));
        assertThat(lan.count(NetVspCounter.OUT_OF_PLACE)).isEqualTo(2);
        guest.bringUp();
        assertThat(guest.init(NvspVersion.V5.code())).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL)).isEqualTo(NvspMessage.STATUS_FAILURE);

        assertThat(lan.count(NetVspCounter.OUT_OF_PLACE)).isEqualTo(4);
        assertThat(lan.device.status().phase()).isEqualTo("operating");
    }

    @Test
    void messagesOfANewerVersionAreUnknownToAnOlderOne() {
        lan.opened();
        guest.init(NvspVersion.V1.code());
        guest.tell(RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, 9014));

        assertThat(lan.count(NetVspCounter.UNKNOWN)).isEqualTo(1);
        assertThat(lan.device.status().mtu()).isEqualTo(1500);
    }

    @Test
    void theReceiveBufferIsCutIntoSuballocationsThatFitIt() {
        lan.opened();
        guest.init(NvspVersion.V6_1.code());

        byte[] answer = guest.ask(RndisGuest.message(NvspMessage.ReceiveBuffer.TYPE, RndisGuest.RECEIVE_GPADL, 0xCAFE));

        assertThat(Wire.i32(answer, 8)).isEqualTo(1);
        assertThat(Wire.i32(answer, 12)).isZero();
        assertThat(Wire.i32(answer, 16)).isEqualTo(1728);
        assertThat(Wire.i32(answer, 20)).isEqualTo((1 << 20) / 1728);
        assertThat(Wire.i32(answer, 24)).isEqualTo((1 << 20) / 1728 * 1728);
    }

    @Test
    void jumboFramesGetLargerSuballocations() {
        lan.opened();
        guest.init(NvspVersion.V6_1.code());
        guest.tell(RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, 9014));

        byte[] answer = guest.ask(RndisGuest.message(NvspMessage.ReceiveBuffer.TYPE, RndisGuest.RECEIVE_GPADL, 0xCAFE));

        assertThat(Wire.i32(answer, 16)).isGreaterThan(9014 + 60 + 36).isLessThan(10_000);
        assertThat(lan.device.status().mtu()).isEqualTo(9000);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 13, 81, -1})
    void anImpossibleMtuIsReplaced(int mtu) {
        lan.opened();
        guest.init(NvspVersion.V6_1.code());

        guest.tell(RndisGuest.message(NvspMessage.NdisConfiguration.TYPE, mtu));

        assertThat(lan.device.status().mtu()).isEqualTo(mtu == -1 ? NetVspSettings.JUMBO_MTU : 1500);
    }

    @Test
    void buffersThatAreNotSharedOrTooSmallAreRefused() {
        lan.opened();
        lan.pair().share(77, 1);
        guest.init(NvspVersion.V6_1.code());

        assertThat(guest.shareReceiveBuffer(4711)).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(guest.shareReceiveBuffer(77)).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(guest.shareSendBuffer(4711)).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(guest.shareSendBuffer(77)).isEqualTo(NvspMessage.STATUS_FAILURE);
        assertThat(lan.count(NetVspCounter.MALFORMED)).isEqualTo(4);
        assertThat(guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL)).isEqualTo(NvspMessage.STATUS_SUCCESS);
    }

    @Test
    void aRequestForSubchannelsIsGrantedNone() {
        lan.up();

        byte[] answer = guest.ask(RndisGuest.message(NvspMessage.Subchannels.TYPE, 1, 7));

        assertThat(Wire.i32(answer, 0)).isEqualTo(NvspMessage.Subchannels.TYPE);
        assertThat(Wire.i32(answer, 4)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(Wire.i32(answer, 8)).isZero();
        assertThat(lan.pair().subchannels()).isZero();
    }

    @Test
    void switchingTheDataPathIsCompletedWithoutPayload() {
        lan.up();

        assertThat(guest.ask(RndisGuest.message(NvspMessage.SwitchDataPath.TYPE, 0)))
                .isEmpty();
    }

    @Test
    void aQueryOutsideOfRndisIsNotSupported() {
        lan.up();

        byte[] answer = guest.ask(RndisGuest.message(NvspMessage.OidQuery.TYPE, 0, Oid.GEN_RECEIVE_SCALE_CAPABILITIES));

        assertThat(Wire.i32(answer, 0)).isEqualTo(NvspMessage.OidQuery.COMPLETE);
        assertThat(Wire.i32(answer, 4)).isEqualTo(RndisStatus.NOT_SUPPORTED);
    }

    @Test
    void aGuestReloadsItsDriverTenTimes() {
        for (int i = 0; i < 10; i++) {
            lan.up();
            byte[] out = Lan.toPeer(100, i);
            guest.send(out);
            byte[] in = lan.peerSends(100, 50 + i);
            guest.settle();

            assertThat(lan.peerSink.frames).endsWith(out);
            assertThat(guest.frames).endsWith(in);
            guest.leave();
            assertThat(lan.device.status().phase()).isEqualTo("closed");
            assertThat(lan.device.framesLent()).isZero();
            assertThat(lan.pool.lent()).isZero();
        }
        assertThat(guest.frames).hasSize(10);
        assertThat(lan.count(NetVspCounter.OPENED)).isEqualTo(10);
    }

    @Test
    void aRevokedReceiveBufferIsNotUsedAndAnotherOneMayBeShared() {
        lan.up();
        guest.tell(RndisGuest.message(NvspMessage.RevokeReceiveBuffer.TYPE, 0xCAFE));
        lan.peerSends(100, 1);
        guest.settle();
        assertThat(guest.frames).isEmpty();
        assertThat(lan.device.status().phase()).isEqualTo("configuring");

        assertThat(guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL)).isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(guest.initialize()).isZero();
        guest.setFilter(RndisGuest.FILTER_NORMAL);
        lan.peerSends(100, 2);
        guest.settle();

        assertThat(guest.frames).hasSize(1);
    }

    @Test
    void aGpadlThatIsTakenBackIsForgotten() {
        lan.up();

        lan.pair().revoke(RndisGuest.SEND_GPADL);
        assertThat(guest.sendSection(0, RndisGuest.packet(Lan.toPeer(64, 1), -1)))
                .isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);
        assertThat(guest.sendPages(RndisGuest.packet(Lan.toPeer(64, 2), -1), 44))
                .isEqualTo(NvspMessage.STATUS_SUCCESS);
        lan.pair().revoke(RndisGuest.RECEIVE_GPADL);
        long before = lan.peerSink.frames.size();
        lan.peerSends(64, 3);
        guest.settle();

        assertThat(lan.device.status().phase()).isEqualTo("configuring");
        assertThat(guest.frames).isEmpty();
        assertThat(before).isEqualTo(1);
        assertThat(lan.pool.lent()).isZero();
    }

    @Test
    void withoutASendBufferAGuestUsesPages() {
        lan.opened();
        guest.init(NvspVersion.V6_1.code());
        guest.shareReceiveBuffer(RndisGuest.RECEIVE_GPADL);
        guest.initialize();

        assertThat(guest.sendPages(RndisGuest.packet(Lan.toPeer(1514, 2), -1), 44))
                .isEqualTo(NvspMessage.STATUS_SUCCESS);
        assertThat(guest.sendSection(0, RndisGuest.packet(Lan.toPeer(64, 2), -1)))
                .isEqualTo(NvspMessage.STATUS_INVALID_RNDIS);

        assertThat(lan.peerSink.frames).containsExactly(Lan.toPeer(1514, 2));
    }

    @Test
    void theOfferIsOfANetworkAdapterWithAStableIdentity() {
        assertThat(lan.device.offer().interfaceType()).hasToString("f8615163-df3e-46c5-913f-f2d2f965ed0e");
        assertThat(lan.device.offer().instance()).isEqualTo(new NetVspSettings("a/nic0", Frames.B).instance());
        assertThat(lan.device.offer().instance()).isNotEqualTo(new NetVspSettings("a/nic1", Frames.B).instance());
    }
}

package cloison.hyperv.vmbus.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestMessages;
import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.Samples;
import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class VmbusMessageTest {
    private static final Guid A = new Guid(new UUID(1, 2));
    private static final Guid B = new Guid(new UUID(3, 4));

    private static final Map<HostMessage, Integer> SIZES = Map.of(
            new HostMessage.OfferChannel(A, B, 0x2011, 8, new byte[120], 1, 5, 0x2005), 196,
            new HostMessage.RescindChannelOffer(5), 12,
            new HostMessage.AllOffersDelivered(), 8,
            new HostMessage.OpenChannelResult(5, 6, 7), 20,
            new HostMessage.GpadlCreated(5, 6, 7), 20,
            new HostMessage.GpadlTorndown(6), 12,
            new HostMessage.VersionResponse(true, 1), 16,
            new HostMessage.UnloadResponse(), 8,
            new HostMessage.TlConnectResult(A, B, 7), 44,
            new HostMessage.ModifyChannelResponse(5, 7), 16);

    private static final List<byte[]> FROM_GUEST = List.of(
            GuestMessages.initiateContact(5 << 16 | 3, 1, 2),
            GuestMessages.requestOffers(),
            GuestMessages.openChannel(1, 2, 3, 4, 5),
            GuestMessages.closeChannel(1),
            GuestMessages.gpadlHeader(1, 2, 4096, 0, GuestRam.pfns(7, 1)),
            GuestMessages.gpadlBody(2, GuestRam.pfns(7, 3), 1),
            GuestMessages.gpadlTeardown(1, 2),
            GuestMessages.relidReleased(1),
            GuestMessages.unload(),
            GuestMessages.modifyChannel(1, 2),
            GuestMessages.tlConnectRequest(A, B));

    @Test
    void messagesToTheGuestHaveTheSizesThatGuestsInsistOn() {
        SIZES.forEach((message, size) ->
                assertThat(message.encode()).as(message.toString()).hasSize(size));
    }

    @Test
    void messagesToTheGuestSayWhatTheyWereToldTo() {
        SIZES.keySet().forEach(message -> {
            byte[] bytes = message.encode();
            assertThat(Wire.i32(bytes, 0)).isEqualTo(message.type());
            assertThat(GuestMessages.decode(bytes).encode()).isEqualTo(bytes);
        });
    }

    @Test
    void anOfferLiesWhereLinuxLooks() {
        byte[] user = new byte[120];
        Arrays.fill(user, (byte) 9);
        byte[] bytes = new HostMessage.OfferChannel(A, B, 0x2011, 0x1234, user, 0x5678, 0x7FF, 0x27FF).encode();

        assertThat(Guid.decode(bytes, 8)).isEqualTo(A);
        assertThat(Guid.decode(bytes, 24)).isEqualTo(B);
        assertThat(Wire.u16(bytes, 56)).isEqualTo(0x2011);
        assertThat(Wire.u16(bytes, 58)).isEqualTo(0x1234);
        assertThat(Arrays.copyOfRange(bytes, 60, 180)).isEqualTo(user);
        assertThat(Wire.u16(bytes, 180)).isEqualTo(0x5678);
        assertThat(Wire.u32(bytes, 184)).isEqualTo(0x7FF);
        assertThat(Wire.u8(bytes, 188)).isEqualTo(0xFF);
        assertThat(Wire.u8(bytes, 189)).as("no monitor is allocated").isZero();
        assertThat(Wire.u16(bytes, 190)).as("the interrupt is dedicated").isEqualTo(1);
        assertThat(Wire.u32(bytes, 192)).isEqualTo(0x27FF);
    }

    @Test
    void anOfferWithLittleUserDataIsPaddedAndOneWithTooMuchIsCut() {
        for (int length : new int[] {0, 4, 121}) {
            assertThat(new HostMessage.OfferChannel(A, B, 0, 0, new byte[length], 0, 1, 1).encode())
                    .hasSize(196);
        }
    }

    @Test
    void messagesFromTheGuestAreUnderstood() {
        List<GuestMessage> decoded = FROM_GUEST.stream()
                .map(bytes -> GuestMessage.decode(bytes, bytes.length))
                .toList();

        assertThat(decoded.get(0)).isEqualTo(new GuestMessage.InitiateContact(0x5_0003, 1, 2, 0, 0));
        assertThat(decoded.get(1)).isEqualTo(new GuestMessage.RequestOffers());
        assertThat(decoded.get(2)).isInstanceOfSatisfying(GuestMessage.OpenChannel.class, open -> {
            assertThat(List.of(
                            open.relid(),
                            open.openId(),
                            open.ringGpadl(),
                            open.targetProcessor(),
                            open.downstreamPage()))
                    .containsExactly(1, 2, 3, 4, 5);
            assertThat(open.userData()).hasSize(120);
        });
        assertThat(decoded.get(3)).isEqualTo(new GuestMessage.CloseChannel(1));
        assertThat(decoded.get(4)).isInstanceOfSatisfying(GuestMessage.GpadlHeader.class, header -> {
            assertThat(List.of(header.relid(), header.gpadl(), header.rangeBytes(), header.ranges()))
                    .containsExactly(1, 2, 16, 1);
            assertThat(header.byteCount()).isEqualTo(4096);
            assertThat(header.pfns()).containsExactly(7);
        });
        assertThat(decoded.get(5)).isInstanceOfSatisfying(GuestMessage.GpadlBody.class, body -> {
            assertThat(body.gpadl()).isEqualTo(2);
            assertThat(body.pfns()).containsExactly(8, 9);
        });
        assertThat(decoded.subList(6, 11))
                .containsExactly(
                        new GuestMessage.GpadlTeardown(1, 2),
                        new GuestMessage.RelidReleased(1),
                        new GuestMessage.Unload(),
                        new GuestMessage.ModifyChannel(1, 2),
                        new GuestMessage.TlConnectRequest(A, B));
    }

    @Test
    void messagesFromTheGuestHaveTheSizesThatLinuxSends() {
        assertThat(FROM_GUEST.stream().map(bytes -> bytes.length))
                .containsExactly(40, 8, 148, 12, 36, 32, 16, 12, 8, 16, 40);
    }

    @Test
    void aMessageThatIsCutIsMalformed() {
        for (byte[] whole : FROM_GUEST) {
            int least = switch (Wire.i32(whole, 0)) {
                case GuestMessage.GpadlHeader.TYPE -> GuestMessage.GpadlHeader.SIZE;
                case GuestMessage.GpadlBody.TYPE -> GuestMessage.GpadlBody.SIZE;
                default -> whole.length;
            };
            for (int length = 0; length < least; length++) {
                assertThat(GuestMessage.decode(Arrays.copyOf(whole, length), length))
                        .isInstanceOf(GuestMessage.Malformed.class);
            }
        }
    }

    @Test
    void aTypeThatGuestsDoNotSendIsUnknown() {
        byte[] bytes = new byte[240];
        for (int type : new int[] {0, 1, 2, 4, 6, 10, 12, 15, 17, 18, 19, 20, 23, 24, 25, 29, -1}) {
            Wire.put32(bytes, 0, type);
            assertThat(GuestMessage.decode(bytes, 240)).isEqualTo(new GuestMessage.Unknown(type, 240));
        }
    }

    @Test
    void lengthsAreUnsigned() {
        byte[] bytes = GuestMessages.gpadlHeader(1, 2, 0xFFFF_FFFFL, 0xFFFF_FFFEL, new long[0]);

        GuestMessage.GpadlHeader header = (GuestMessage.GpadlHeader) GuestMessage.decode(bytes, bytes.length);
        assertThat(header.byteCount()).isEqualTo(0xFFFF_FFFFL);
        assertThat(header.byteOffset()).isEqualTo(0xFFFF_FFFEL);
    }

    @Test
    void everySequenceOfBytesIsSomeMessage() {
        Samples.check(2000, random -> {
            byte[] bytes = new byte[random.nextInt(241)];
            random.nextBytes(bytes);
            if (bytes.length >= 4) {
                Wire.put32(bytes, 0, random.nextInt(32));
            }
            assertThat(GuestMessage.decode(bytes, bytes.length).toString()).isNotEmpty();
        });
    }

    @Test
    void versionsAreKnownByTheirNumbers() {
        for (VmbusVersion version : VmbusVersion.values()) {
            assertThat(VmbusVersion.of(version.number())).isEqualTo(version);
        }
        assertThat(VmbusVersion.of(6 << 16)).isNull();
        assertThat(VmbusVersion.of(1 << 16 | 1)).isNull();
        assertThat(VmbusVersion.V5_0.atLeast(VmbusVersion.V4_1)).isTrue();
        assertThat(VmbusVersion.V4_0.atLeast(VmbusVersion.V4_1)).isFalse();
        assertThat(VmbusVersion.text(VmbusVersion.V2_4.number())).isEqualTo("2.4");
    }
}

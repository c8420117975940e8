package cloison.vsp.ic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.Packet;
import cloison.machine.Choices;
import cloison.machine.Samples;
import cloison.machine.StepClock;
import cloison.machine.wire.Wire;
import cloison.vsp.heartbeat.GuestHealth;
import cloison.vsp.heartbeat.HeartbeatVsp;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.ic.protocol.IcVersion;
import cloison.vsp.kvp.KvpAnswer;
import cloison.vsp.kvp.KvpPool;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.shutdown.ShutdownRequest;
import cloison.vsp.shutdown.ShutdownVsp;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class IcChannelTest {
    private final StepClock clock = new StepClock();
    private final List<GuestHealth> heard = new ArrayList<>();
    private final HeartbeatVsp device = new HeartbeatVsp(clock, heard::add);
    private final IcGuest guest = new IcGuest();

    @Test
    void theHostSpeaksFirstAndOffersItsVersions() {
        IcGuest.Request offer = guest.open(device).next();

        assertThat(offer.type()).isEqualTo(IcMessage.NEGOTIATE);
        assertThat(Wire.u16(offer.message(), 28)).isEqualTo(2);
        assertThat(offer.versions()).containsExactly(new IcVersion(3, 0), new IcVersion(1, 0));
        assertThat(guest.next()).isNull();
    }

    @Test
    void aGuestThatKnowsNoVersionIsLeftAlone() {
        IcGuest.Request offer = guest.open(device).next();

        guest.answer(offer, IcMessage.STATUS_OK, new byte[16]);

        assertThat(guest.next()).isNull();
        assertThat(device.counters().value(IcCounter.DISAGREED)).isEqualTo(1);
    }

    @Test
    void aVersionThatWasNotOfferedIsNoChoice() {
        guest.open(device, 9, 9);

        assertThat(guest.next()).isNull();
        assertThat(device.counters().value(IcCounter.STRAY)).isEqualTo(1);
        assertThat(device.counters().value(IcCounter.AGREED)).isZero();
    }

    @Test
    void oneRequestIsOutstandingAndOnlyItsAnswerCounts() {
        guest.open(device, 3, 0);
        IcGuest.Request beat = guest.next();
        clock.advance(3_000_000_000L);
        assertThat(guest.next()).isNull();

        byte[] stray = beat.message().clone();
        Wire.put8(stray, 24, Wire.u8(stray, 24) + 1);
        Wire.put8(stray, 25, 5);
        guest.send(stray);
        assertThat(guest.next()).isNull();
        assertThat(device.counters().value(IcCounter.STRAY)).isEqualTo(1);

        guest.answer(beat, IcMessage.STATUS_OK, new byte[0]);
        assertThat(guest.next()).isNotNull();
        guest.answer(beat, IcMessage.STATUS_OK, new byte[0]);
        assertThat(device.counters().value(IcCounter.STRAY)).isEqualTo(2);
    }

    @Test
    void messagesThatAreNoneAreCounted() {
        guest.open(device, 3, 0);
        guest.next();

        guest.send(new byte[0]);
        guest.send(new byte[24]);
        guest.send(new byte[32]);
        guest.pair().rings().send(Packet.TRANSFER_PAGES, false, 1, new byte[8], new byte[40]);
        guest.pair().settle();

        assertThat(device.counters().value(IcCounter.MALFORMED)).isEqualTo(2);
        assertThat(device.counters().value(IcCounter.UNKNOWN)).isGreaterThanOrEqualTo(1);
    }

    @Test
    void aMessageThatWantsACompletionGetsOne() {
        guest.open(device, 3, 0);
        guest.next();

        guest.pair().send(77, true, new byte[32]);
        guest.pair().settle();

        assertThat(guest.pair().receive().transactionId()).isEqualTo(77);
    }

    @Test
    void anOfferIsAPipeInMessageMode() {
        assertThat(device.offer().flags()).isEqualTo(0x11);
        assertThat(Wire.i32(device.offer().userDefined(), 0)).isEqualTo(4);
    }

    @Test
    void aRequestWaitsForRoomInTheRing() {
        ShutdownVsp shutdown = new ShutdownVsp();
        guest.open(shutdown, 3, 2);
        // Completions that nobody takes fill the ring of 12 KiB.
        for (int i = 0; i < 500; i++) {
            guest.pair().send(i, true, new byte[32]);
            guest.pair().settle();
        }
        CompletableFuture<?> answer = shutdown.request(new ShutdownRequest(ShutdownRequest.Action.POWER_OFF));
        guest.pair().settle();
        assertThat(shutdown.counters().value(IcCounter.REQUESTS)).isZero();

        int completions = 0;
        while (shutdown.counters().value(IcCounter.REQUESTS) == 0) {
            assertThat(guest.pair().receive().type()).isEqualTo(Packet.COMPLETION);
            guest.pair().settle();
            completions++;
        }

        assertThat(completions).isPositive();
        assertThat(answer).isNotDone();
    }

    private static void check(byte[] script) {
        Choices choices = new Choices(script);
        KvpVsp kvp = new KvpVsp();
        IcGuest linux = new IcGuest().open(kvp);
        List<CompletableFuture<KvpAnswer>> asked = new ArrayList<>();
        IcGuest.Request last = linux.next();
        while (choices.more()) {
            switch (choices.below(8)) {
                case 0 -> asked.add(kvp.read(KvpPool.GUEST, "key"));
                case 1 -> asked.add(kvp.enumerate(KvpPool.AUTO));
                case 2 -> asked.add(kvp.write("key", "value"));
                case 3 -> linux.send(choices.some(64));
                case 4 -> linux.answer(last, choices.word(), choices.some(2600));
                case 5 -> {
                    byte[] body = new byte[16];
                    Wire.put16(body, 0, 1);
                    Wire.put16(body, 2, 1);
                    Wire.put16(body, 8, 3);
                    Wire.put16(body, 12, 4);
                    linux.answer(last, 0, body);
                }
                default -> {
                    IcGuest.Request next = linux.next();
                    last = next == null ? last : next;
                }
            }
        }
        linux.close();
        assertThat(asked).allMatch(CompletableFuture::isDone);
        assertThat(kvp.ready()).isFalse();
    }

    @Tag("fuzz")
    @FuzzTest(maxDuration = "2m")
    void noAnswerThrowsOrLeavesARequestForgotten(byte[] script) {
        check(script);
    }

    @Test
    void noRandomAnswerThrowsOrLeavesARequestForgotten() {
        Samples.check(200, random -> {
            byte[] script = new byte[3000];
            random.nextBytes(script);
            check(script);
        });
    }
}

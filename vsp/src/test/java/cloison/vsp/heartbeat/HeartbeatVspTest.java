package cloison.vsp.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.StepClock;
import cloison.machine.wire.Wire;
import cloison.vsp.ic.IcGuest;
import cloison.vsp.ic.protocol.IcMessage;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeartbeatVspTest {
    private static final long SECOND = 1_000_000_000L;

    private final StepClock clock = new StepClock();
    private final List<GuestHealth> heard = new ArrayList<>();
    private final HeartbeatVsp device = new HeartbeatVsp(clock, heard::add);
    private final IcGuest guest = new IcGuest();

    private void beat(int state) {
        IcGuest.Request request = guest.next();
        assertThat(request).isNotNull();
        byte[] body = request.body();
        assertThat(request.type()).isEqualTo(1);
        assertThat(body).hasSize(40 + 4);
        Wire.put64(body, 0, Wire.u64(body, 0) + 1);
        Wire.put32(body, 8, state);
        guest.answer(request, IcMessage.STATUS_OK, body);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 1})
    void aGuestThatAnswersIsAlive(int version) {
        guest.open(device, version, 0);
        assertThat(heard).isEmpty();

        beat(0);
        clock.advance(2 * SECOND);
        beat(0);

        assertThat(heard).containsExactly(GuestHealth.ALIVE);
        assertThat(device.health()).isEqualTo(GuestHealth.ALIVE);
    }

    @Test
    void beatsAreTwoSecondsApart() {
        guest.open(device, 3, 0);
        beat(0);

        clock.advance(2 * SECOND - 1);
        assertThat(guest.next()).isNull();
        clock.advance(1);
        assertThat(guest.next()).isNotNull();
    }

    @Test
    void aBeatLeftUnansweredForLongMeansSilentAndAnyAnswerMeansAlive() {
        guest.open(device, 3, 0);
        beat(0);
        clock.advance(2 * SECOND);
        IcGuest.Request late = guest.next();

        clock.advance(10 * SECOND - 1);
        guest.pair().settle();
        assertThat(heard).containsExactly(GuestHealth.ALIVE);
        clock.advance(1);
        guest.pair().settle();
        assertThat(heard).endsWith(GuestHealth.SILENT);

        byte[] body = late.body();
        Wire.put64(body, 0, Wire.u64(body, 0) + 1);
        guest.answer(late, IcMessage.STATUS_OK, body);
        assertThat(heard).endsWith(GuestHealth.ALIVE);
    }

    @Test
    void anAnswerWithAWrongSequenceIsNoSignOfLife() {
        guest.open(device, 3, 0);

        guest.answer(guest.next(), IcMessage.STATUS_OK, new byte[0]);

        assertThat(heard).isEmpty();
    }

    @Test
    void aGuestCanSayThatItIsInTrouble() {
        guest.open(device, 3, 0);

        beat(2);

        assertThat(heard).containsExactly(GuestHealth.CRITICAL);
    }

    @Test
    void aGuestThatUnloadsItsDriverIsAbsentAndMayComeBack() {
        guest.open(device, 3, 0);
        beat(0);
        guest.close();
        assertThat(device.health()).isEqualTo(GuestHealth.ABSENT);

        guest.open(device, 3, 0);
        beat(0);

        assertThat(heard).containsExactly(GuestHealth.ALIVE, GuestHealth.ABSENT, GuestHealth.ALIVE);
    }
}

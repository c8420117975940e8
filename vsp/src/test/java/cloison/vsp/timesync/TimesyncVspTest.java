package cloison.vsp.timesync;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.StepClock;
import cloison.machine.wire.Wire;
import cloison.vsp.ic.IcGuest;
import cloison.vsp.ic.protocol.IcMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimesyncVspTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long EPOCH = 116_444_736_000_000_000L;

    private final StepClock clock = new StepClock();
    private final TimesyncVsp device = new TimesyncVsp(clock);
    private final IcGuest guest = new IcGuest();

    private byte[] answered() {
        IcGuest.Request request = guest.next();
        assertThat(request).isNotNull();
        guest.answer(request, IcMessage.STATUS_OK, new byte[0]);
        return request.body();
    }

    @Test
    void timeComesWithTheGuestsReferenceCounter() {
        clock.advance(123_456_700);
        guest.open(device, 4, 0);

        byte[] body = answered();

        assertThat(Wire.u64(body, 0)).isEqualTo(clock.wallNanos() / 100 + EPOCH);
        assertThat(Wire.u64(body, 8)).isEqualTo(1_234_567);
        assertThat(Wire.u8(body, 16)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 1})
    void olderGuestsGetTheTimeAlone(int version) {
        guest.open(device, version, 0);

        byte[] body = answered();

        assertThat(Wire.u64(body, 0)).isEqualTo(clock.wallNanos() / 100 + EPOCH);
        assertThat(Wire.u64(body, 8)).isZero();
        assertThat(Wire.u8(body, 24)).isEqualTo(1);
    }

    @Test
    void afterTheOrderThereAreSamplesEveryFiveSeconds() {
        guest.open(device, 4, 0);
        answered();
        clock.advance(5 * SECOND - 1);
        assertThat(guest.next()).isNull();

        clock.advance(1);

        assertThat(Wire.u8(answered(), 16)).isEqualTo(2);
        assertThat(guest.next()).isNull();
    }

    @Test
    void aGuestIsOrderedAgainWhenTheHostSaysSo() {
        guest.open(device, 4, 0);
        answered();

        device.resynchronise();

        assertThat(Wire.u8(answered(), 16)).isEqualTo(1);
        assertThat(guest.next()).isNull();
    }

    @Test
    void anOrderIsNotLostWhileASampleIsOutstanding() {
        guest.open(device, 4, 0);
        answered();
        clock.advance(5 * SECOND);
        IcGuest.Request sample = guest.next();

        device.resynchronise();
        assertThat(guest.next()).isNull();
        guest.answer(sample, IcMessage.STATUS_OK, new byte[0]);

        assertThat(Wire.u8(answered(), 16)).isEqualTo(1);
    }

    @Test
    void aReloadedDriverIsOrderedFirst() {
        guest.open(device, 4, 0);
        answered();
        guest.close();
        device.resynchronise();

        guest.open(device, 4, 0);

        assertThat(Wire.u8(answered(), 16)).isEqualTo(1);
        assertThat(guest.next()).isNull();
    }
}

package cloison.vsp.shutdown;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.wire.Wire;
import cloison.vsp.ic.IcGuest;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.shutdown.ShutdownRequest.Action;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShutdownVspTest {
    private final ShutdownVsp device = new ShutdownVsp();
    private final IcGuest guest = new IcGuest();

    @Test
    void theHostAsksAndTheGuestAccepts() {
        guest.open(device, 3, 2);

        CompletableFuture<ShutdownAnswer> answer =
                device.request(new ShutdownRequest(Action.POWER_OFF, true, 30, "Tschüs"));
        IcGuest.Request request = guest.next();

        assertThat(request.type()).isEqualTo(3);
        byte[] body = request.body();
        assertThat(body).hasSize(2060);
        assertThat(Wire.u32(body, 4)).isEqualTo(30);
        assertThat(Wire.i32(body, 8)).isEqualTo(1);
        assertThat(new String(Arrays.copyOfRange(body, 12, 24), StandardCharsets.UTF_16LE))
                .isEqualTo("Tschüs");
        assertThat(answer).isNotDone();
        guest.answer(request, IcMessage.STATUS_OK, new byte[0]);
        assertThat(answer).isCompletedWithValue(new ShutdownAnswer.Accepted());
    }

    @ParameterizedTest
    @CsvSource({"POWER_OFF, 1, 0, 1", "POWER_OFF, 3, 0, 1", "RESTART, 3, 1, 3", "RESTART, 3, 2, 3", "HIBERNATE, 3, 2, 5"
    })
    void eachActionHasItsFlagsInEachVersionThatKnowsIt(Action action, int major, int minor, int flags) {
        guest.open(device, major, minor);

        device.request(new ShutdownRequest(action));

        assertThat(Wire.i32(guest.next().body(), 8)).isEqualTo(flags);
    }

    @ParameterizedTest
    @CsvSource({"RESTART, 3, 0", "RESTART, 1, 0", "HIBERNATE, 3, 1"})
    void whatAnOlderGuestDoesNotKnowIsNotAsked(Action action, int major, int minor) {
        guest.open(device, major, minor);

        CompletableFuture<ShutdownAnswer> answer = device.request(new ShutdownRequest(action));
        guest.pair().settle();

        assertThat(answer.join()).isInstanceOf(ShutdownAnswer.Unavailable.class);
        assertThat(guest.next()).isNull();
    }

    @Test
    void aRefusalHasItsReason() {
        guest.open(device, 3, 2);
        CompletableFuture<ShutdownAnswer> answer = device.request(new ShutdownRequest(Action.HIBERNATE));

        guest.answer(guest.next(), IcMessage.STATUS_FAILED, new byte[0]);

        assertThat(answer).isCompletedWithValue(new ShutdownAnswer.Refused(IcMessage.STATUS_FAILED));
    }

    @Test
    void withoutAGuestThatListensTheAnswerComesAtOnce() {
        assertThat(device.ready()).isFalse();
        assertThat(device.request(new ShutdownRequest(Action.POWER_OFF)).join())
                .isInstanceOf(ShutdownAnswer.Unavailable.class);

        guest.open(device);
        assertThat(device.ready()).isTrue();
    }

    @Test
    void aRequestWaitsForTheGuestsChoiceOfAVersion() {
        guest.open(device);
        CompletableFuture<ShutdownAnswer> answer = device.request(new ShutdownRequest(Action.POWER_OFF));
        guest.pair().settle();
        assertThat(answer).isNotDone();

        guest.choose(3, 2);
        guest.answer(guest.next(), IcMessage.STATUS_OK, new byte[0]);

        assertThat(answer).isCompletedWithValue(new ShutdownAnswer.Accepted());
    }

    @Test
    void aGuestThatSpeaksNoVersionOfOursIsNotAsked() {
        guest.open(device);
        CompletableFuture<ShutdownAnswer> waiting = device.request(new ShutdownRequest(Action.POWER_OFF));

        guest.refuse();

        assertThat(waiting.join()).isInstanceOf(ShutdownAnswer.Unavailable.class);
        assertThat(device.request(new ShutdownRequest(Action.POWER_OFF)).join())
                .isInstanceOf(ShutdownAnswer.Unavailable.class);
    }

    @Test
    void requestsAreServedOneAfterTheOtherAndNoneIsForgottenWhenTheGuestGoes() {
        guest.open(device, 3, 2);
        CompletableFuture<ShutdownAnswer> first = device.request(new ShutdownRequest(Action.RESTART));
        CompletableFuture<ShutdownAnswer> second = device.request(new ShutdownRequest(Action.POWER_OFF));
        CompletableFuture<ShutdownAnswer> third = device.request(new ShutdownRequest(Action.POWER_OFF));
        guest.answer(guest.next(), IcMessage.STATUS_OK, new byte[0]);
        assertThat(first).isDone();

        assertThat(guest.next()).isNotNull();
        guest.close();

        assertThat(second.join()).isInstanceOf(ShutdownAnswer.Unavailable.class);
        assertThat(third.join()).isInstanceOf(ShutdownAnswer.Unavailable.class);
    }

    @Test
    void aRequestThatDoesNotFitTheMessageIsTheOperatorsError() {
        assertThatThrownBy(() -> new ShutdownRequest(Action.POWER_OFF, true, 1, "x".repeat(1024)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1023");
    }
}

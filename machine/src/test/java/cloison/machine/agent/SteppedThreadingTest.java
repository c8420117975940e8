package cloison.machine.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SteppedThreadingTest {
    private final SteppedThreading threading = new SteppedThreading();
    private final List<Throwable> failures = new ArrayList<>();

    /// Has `left` things to do, one a turn.
    private final class Countdown implements Agent {
        private int left;

        private Countdown(int left) {
            this.left = left;
        }

        @Override
        public int turn() {
            if (left < 0) {
                throw new IllegalStateException("below zero");
            }
            return left == 0 ? 0 : left-- > 0 ? 1 : 0;
        }

        @Override
        public String role() {
            return "countdown";
        }
    }

    @Test
    void settlingLetsAgentsTurnUntilNobodyHasWork() {
        Countdown agent = new Countdown(3);
        threading.start(agent, new Doorbell(), failures::add);

        assertThat(threading.settle()).isEqualTo(3);
        assertThat(agent.left).isZero();
        assertThat(threading.step()).isZero();
    }

    @Test
    void settlingGoesOnWhileADoorbellRings() {
        Countdown first = new Countdown(0);
        Doorbell bell = new Doorbell();
        threading.start(first, bell, failures::add);
        threading.start(
                new Agent() {
                    @Override
                    public int turn() {
                        if (first.left == 0) {
                            first.left = -2;
                            bell.ring();
                        }
                        return 0;
                    }

                    @Override
                    public String role() {
                        return "ringer";
                    }
                },
                new Doorbell(),
                failures::add);

        threading.settle();

        assertThat(failures).hasSize(1);
    }

    @Test
    void aClosedAgentTakesNoMoreTurns() {
        Countdown agent = new Countdown(3);
        Threading.Running running = threading.start(agent, new Doorbell(), failures::add);

        running.close();

        assertThat(threading.settle()).isZero();
        assertThat(threading.roles()).isEmpty();
    }

    @Test
    void anAgentThatThrowsIsStoppedAndReported() {
        threading.start(new Countdown(-1), new Doorbell(), failures::add);

        assertThat(threading.step()).isZero();
        assertThat(failures).singleElement().isInstanceOf(IllegalStateException.class);
        assertThat(threading.roles()).isEmpty();
    }

    @Test
    void agentsThatNeverRestAreAFault() {
        threading.start(new Countdown(Integer.MAX_VALUE), new Doorbell(), failures::add);

        assertThatThrownBy(threading::settle).hasMessageContaining("countdown");
    }
}

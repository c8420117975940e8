package cloison.chipset.power;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import org.junit.jupiter.api.Test;

class PowerTest {
    private static final int STATUS = 0x400;
    private static final int ENABLE = 0x402;
    private static final int CONTROL = 0x404;
    private static final int TIMER = 0x408;
    private static final int POWER_BUTTON = 0x100;
    private static final long SECOND = 1_000_000_000L;

    private final Board board = new Board(1).enableApics();

    private int in16(int port) {
        return board.ports.read(port, 2);
    }

    private void out16(int port, int value) {
        board.ports.write(port, 2, value);
    }

    @Test
    void theTimerCounts3579545TicksASecondIn32Bits() {
        board.advance(SECOND);
        assertThat(board.ports.read(TIMER, 4)).isEqualTo(3_579_545);

        board.advance(3600 * SECOND);

        assertThat(board.ports.read(TIMER, 4)).isEqualTo((int) (3601L * 3_579_545));
    }

    @Test
    void theTimerCanBeReadInParts() {
        board.advance(SECOND);

        assertThat(board.in(TIMER) | board.in(TIMER + 1) << 8 | board.in(TIMER + 2) << 16 | board.in(TIMER + 3) << 24)
                .isEqualTo(3_579_545);
    }

    @Test
    void sleepTypeOffSwitchesOffOnlyWithTheEnableBit() {
        out16(CONTROL, AcpiPower.SLEEP_TYPE_OFF << 10);
        assertThat(board.events).isEmpty();

        out16(CONTROL, AcpiPower.SLEEP_TYPE_OFF << 10 | 1 << 13);

        assertThat(board.events).containsExactly("off");
    }

    @Test
    void otherSleepTypesDoNothing() {
        out16(CONTROL, 1 << 10 | 1 << 13);
        out16(CONTROL, 1 << 13);

        assertThat(board.events).isEmpty();
    }

    @Test
    void theMachineIsAlwaysInAcpiMode() {
        out16(CONTROL, 0);

        assertThat(in16(CONTROL)).isEqualTo(1);
    }

    @Test
    void theSleepEnableBitReadsAsZero() {
        out16(CONTROL, 3 << 10 | 1 << 13);

        assertThat(in16(CONTROL)).isEqualTo(3 << 10 | 1);
    }

    @Test
    void thePowerButtonInterruptsUntilItsStatusIsCleared() {
        board.route(AcpiPower.SCI, 1 << 15 | 0x49, 0);
        out16(ENABLE, POWER_BUTTON);

        board.chipset.pressPowerButton();
        assertThat(board.apic(0).acknowledge()).isEqualTo(0x49);
        assertThat(in16(STATUS)).isEqualTo(POWER_BUTTON);
        out16(STATUS, POWER_BUTTON);
        board.apic(0).endOfInterrupt();

        assertThat(board.apic(0).pending()).isFalse();
        assertThat(in16(STATUS)).isZero();
    }

    @Test
    void aButtonPressedBeforeItIsEnabledInterruptsThen() {
        board.route(AcpiPower.SCI, 1 << 15 | 0x49, 0);
        board.chipset.pressPowerButton();
        assertThat(board.apic(0).pending()).isFalse();

        out16(ENABLE, POWER_BUTTON);

        assertThat(board.apic(0).acknowledge()).isEqualTo(0x49);
    }

    @Test
    void theTimersCarryIsAnEventOfItsOwn() {
        board.route(AcpiPower.SCI, 1 << 15 | 0x49, 0);
        out16(ENABLE, 1);

        board.advance(599 * SECOND);
        assertThat(board.apic(0).pending()).isFalse();
        board.advance(SECOND);

        assertThat(board.apic(0).pending()).isTrue();
        assertThat(in16(STATUS)).isEqualTo(1);
    }

    @Test
    void registersCanBeWrittenByteByByte() {
        board.out(ENABLE, 0x20);
        board.out(ENABLE + 1, 0x01);

        assertThat(in16(ENABLE)).isEqualTo(0x120);
        assertThat(board.in(ENABLE)).isEqualTo(0x20);
    }

    @Test
    void theResetRegisterResets() {
        board.out(ResetPorts.RESET_CONTROL, 0x02);
        assertThat(board.events).isEmpty();

        board.out(ResetPorts.RESET_CONTROL, ResetPorts.RESET_VALUE);

        assertThat(board.events).containsExactly("reset");
    }

    @Test
    void theKeyboardControllersResetLineResets() {
        board.out(0x64, 0xFE);
        assertThat(board.events).containsExactly("reset");

        board.out(0x64, 0xD1);
        board.out(0x60, 0xDE);

        assertThat(board.events).containsExactly("reset", "reset");
    }

    @Test
    void otherKeyboardCommandsDoNotReset() {
        board.out(0x64, 0xD1);
        board.out(0x60, 0xDF);
        board.out(0x60, 0x00);
        board.out(0x64, 0xFF);
        board.out(0x64, 0xAE);

        assertThat(board.events).isEmpty();
    }

    @Test
    void theKeyboardControllerIsNeverBusyAndNeverHasAByte() {
        board.out(0x64, 0xAA);

        assertThat(board.in(0x64) & 3).isZero();
    }

    @Test
    void fastResetNeedsARisingBit() {
        assertThat(board.in(0x92)).isEqualTo(2);
        board.out(0x92, 2);
        assertThat(board.events).isEmpty();

        board.out(0x92, 3);

        assertThat(board.events).containsExactly("reset");
    }

    @Test
    void theDebugExitGivesTwiceTheValueAndOne() {
        board.out(0xF4, 0);
        board.ports.write(0xF4, 4, 0x10);
        board.ports.write(0xF4, 2, 0xFFFF);

        assertThat(board.events).containsExactly("exit 1", "exit 33", "exit 131071");
    }
}

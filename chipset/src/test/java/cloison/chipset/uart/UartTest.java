package cloison.chipset.uart;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class UartTest {
    private static final int BASE = 0x3F8;
    private static final int DATA = BASE;
    private static final int IER = BASE + 1;
    private static final int IIR = BASE + 2;
    private static final int FCR = BASE + 2;
    private static final int LCR = BASE + 3;
    private static final int MCR = BASE + 4;
    private static final int LSR = BASE + 5;
    private static final int MSR = BASE + 6;
    private static final int SCRATCH = BASE + 7;
    private static final int RTS = 2;
    private static final int OUT2 = 8;
    private static final int LOOP = 0x10;

    private static final int NOTHING = 0xC1;
    private static final int TRANSMIT = 0xC2;
    private static final int RECEIVED = 0xC4;
    private static final int LINE = 0xC6;
    private static final int TIMEOUT = 0xCC;
    private static final int VECTOR = 0x44;

    private final Board board = new Board(1).enableApics();

    private void open() {
        board.route(4, VECTOR, 0);
        board.out(FCR, 0x01);
        board.out(FCR, 0x07);
        board.out(MCR, OUT2 | 3);
        board.in(IIR);
        board.in(MSR);
    }

    private int receive(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return board.com1().receive(bytes, 0, bytes.length);
    }

    @Test
    void aFreshPortHasNothingToSay() {
        assertThat(board.in(LSR)).isEqualTo(0x60);
        assertThat(board.in(MSR)).isEqualTo(0xB0);
        assertThat(board.in(IIR)).isEqualTo(0x01);
        assertThat(board.in(IER)).isZero();
        assertThat(board.in(DATA)).isZero();
    }

    @Test
    void bytesWrittenLeaveInOrderAndTheTransmitterIsEmptyAgain() {
        board.out(DATA, 'h');
        board.out(DATA, 'i');

        assertThat(board.sent).containsExactly((int) 'h', (int) 'i');
        assertThat(board.in(LSR)).isEqualTo(0x60);
    }

    @Test
    void aTransmitInterruptFollowsEachByteAndReadingItsCauseClearsIt() {
        open();
        board.out(IER, 2);
        assertThat(board.in(IIR)).isEqualTo(TRANSMIT);
        assertThat(board.in(IIR)).isEqualTo(NOTHING);
        board.taken(0);

        board.out(DATA, 'x');

        assertThat(board.taken(0)).containsExactly(VECTOR);
        assertThat(board.in(IIR)).isEqualTo(TRANSMIT);
        assertThat(board.in(IIR)).isEqualTo(NOTHING);
    }

    @Test
    void enablingTheTransmitInterruptWithAnEmptyTransmitterRaisesItAgain() {
        open();
        for (int i = 0; i < 2; i++) {
            board.out(IER, 2);
            assertThat(board.in(IIR)).isEqualTo(TRANSMIT);
            board.out(IER, 0);
            assertThat(board.in(IIR)).isEqualTo(NOTHING);
        }
    }

    @Test
    void writingAnEnabledTransmitInterruptAgainDoesNotRaiseIt() {
        open();
        board.out(IER, 2);
        board.in(IIR);

        board.out(IER, 3);

        assertThat(board.in(IIR)).isEqualTo(NOTHING);
    }

    @Test
    void aReadOfAnotherCauseDoesNotClearTheTransmitInterrupt() {
        open();
        board.out(IER, 3);
        receive("a");

        assertThat(board.in(IIR)).isIn(RECEIVED, TIMEOUT);
        board.in(DATA);

        assertThat(board.in(IIR)).isEqualTo(TRANSMIT);
    }

    @Test
    void aSinkWithoutRoomMakesTheGuestWait() {
        open();
        board.out(IER, 2);
        board.in(IIR);
        board.taken(0);
        board.room = 1;
        board.out(DATA, 'a');
        board.in(IIR);
        board.out(DATA, 'b');

        assertThat(board.in(LSR) & 0x60).isZero();
        assertThat(board.in(IIR)).isEqualTo(NOTHING);
        board.taken(0);
        board.room = 10;
        board.advance(1_000_000);

        assertThat(board.sent).containsExactly((int) 'a', (int) 'b');
        assertThat(board.in(LSR) & 0x60).isEqualTo(0x60);
        assertThat(board.taken(0)).containsExactly(VECTOR);
        assertThat(board.in(IIR)).isEqualTo(TRANSMIT);
    }

    @Test
    void bytesBeyondTheFifoOfAWaitingGuestAreDropped() {
        open();
        board.room = 0;
        for (int i = 0; i < 20; i++) {
            board.out(DATA, i);
        }
        board.room = 100;

        board.advance(1_000_000);

        assertThat(board.sent).hasSize(16).startsWith(0, 1, 2).endsWith(15);
    }

    @Test
    void receivedBytesInterruptAndAreReadInOrder() {
        open();
        board.out(IER, 1);

        assertThat(receive("ok")).isEqualTo(2);

        assertThat(board.taken(0)).containsExactly(VECTOR);
        assertThat(board.in(LSR) & 1).isOne();
        assertThat(board.in(DATA)).isEqualTo('o');
        assertThat(board.in(DATA)).isEqualTo('k');
        assertThat(board.in(LSR) & 1).isZero();
        assertThat(board.in(IIR)).isEqualTo(NOTHING);
    }

    @Test
    void fewerBytesThanTheTriggerAreATimeout() {
        open();
        board.out(FCR, 0x81);
        board.out(IER, 1);
        receive("1234567");
        assertThat(board.in(IIR)).isEqualTo(TIMEOUT);

        receive("8");

        assertThat(board.in(IIR)).isEqualTo(RECEIVED);
    }

    @Test
    void whatTheFifoCannotHoldWaitsAndNothingOverruns() {
        open();
        String text = "0123456789".repeat(100);

        assertThat(receive(text)).isEqualTo(1000);

        StringBuilder seen = new StringBuilder();
        while ((board.in(LSR) & 1) != 0) {
            assertThat(board.in(LSR) & 2).isZero();
            seen.append((char) board.in(DATA));
        }
        assertThat(seen.toString()).isEqualTo(text);
    }

    @Test
    void theQueueForTheGuestIsBounded() {
        board.out(MCR, RTS);
        byte[] flood = new byte[3 * Uart.WAITING];

        int taken = board.com1().receive(flood, 0, flood.length);

        assertThat(taken).isEqualTo(Uart.WAITING);
        assertThat(board.com1().receive(flood, 0, 10)).isEqualTo(1);
        assertThat(board.com1().receive(flood, 0, 10)).isZero();
        assertThat(board.com1().receiveBreak()).isFalse();
    }

    @Test
    void aBreakIsALineStatusInterruptWithAZeroByte() {
        open();
        board.out(IER, 5);
        receive("a");
        board.com1().receiveBreak();
        assertThat(board.in(LSR)).isEqualTo(0x80 | 0x61);
        board.in(DATA);

        assertThat(board.in(IIR)).isEqualTo(LINE);
        assertThat(board.in(LSR) & 0x11).isEqualTo(0x11);
        assertThat(board.in(LSR) & 0x10).isZero();
        assertThat(board.in(DATA)).isZero();
        assertThat(board.in(IIR)).isEqualTo(NOTHING);
    }

    @Test
    void withoutOut2NoInterruptLeavesTheChip() {
        open();
        board.out(MCR, RTS);
        board.out(IER, 1);

        receive("a");
        assertThat(board.in(IIR)).isIn(RECEIVED, TIMEOUT);
        assertThat(board.taken(0)).isEmpty();

        board.out(MCR, OUT2 | RTS);
        assertThat(board.taken(0)).containsExactly(VECTOR);
    }

    @Test
    void loopbackFeedsModemLinesAndBytesBack() {
        board.out(MCR, LOOP | 0x0A);
        assertThat(board.in(MSR) & 0xF0).isEqualTo(0x90);

        board.out(DATA, 0x5A);
        assertThat(board.in(DATA)).isEqualTo(0x5A);
        assertThat(board.sent).isEmpty();

        board.out(DATA, 1);
        board.out(DATA, 2);
        assertThat(board.in(LSR) & 2).isEqualTo(2);
    }

    @Test
    void modemLinesThatChangeInLoopbackInterrupt() {
        open();
        board.out(IER, 8);
        board.out(MCR, LOOP);
        assertThat(board.in(IIR)).isEqualTo(0xC0);
        assertThat(board.in(MSR)).isEqualTo(0x0B);
        assertThat(board.in(MSR)).isZero();

        board.out(MCR, LOOP | 4);
        assertThat(board.in(MSR)).isEqualTo(0x40);
        board.out(MCR, LOOP);

        assertThat(board.in(MSR)).isEqualTo(0x04);
    }

    @Test
    void bytesForTheGuestWaitWhileItLoopsBack() {
        open();
        board.out(MCR, LOOP);
        receive("z");
        assertThat(board.in(LSR) & 1).isZero();

        board.out(MCR, OUT2 | RTS);

        assertThat(board.in(DATA)).isEqualTo('z');
    }

    private String received() {
        StringBuilder seen = new StringBuilder();
        while ((board.in(LSR) & 1) != 0) {
            seen.append((char) board.in(DATA));
        }
        return seen.toString();
    }

    @Test
    void bytesThatComeBeforeThePortIsOpenedWaitThroughTheDriversPreparations() {
        receive("typed ahead");
        for (int i = 0; i < 3; i++) {
            assertThat(board.in(LSR) & 1).isZero();
            board.in(DATA);
            board.out(DATA, 'x');
            board.out(FCR, 0x01);
            board.out(FCR, 0x07);
            board.out(FCR, 0x00);
            board.out(MCR, LOOP | OUT2 | RTS);
            board.out(MCR, 1);
        }

        open();

        assertThat(received()).isEqualTo("typed ahead");
    }

    @Test
    void aDriverThatTakesInterruptsButLeavesTheModemControlAloneGetsBytes() {
        board.out(MCR, OUT2);
        board.out(FCR, 0x01);
        receive("ok");
        assertThat(board.in(LSR) & 1).isZero();

        board.out(IER, 1);

        assertThat(received()).isEqualTo("ok");
    }

    @Test
    void aProgramThatLooksAgainAndAgainForAByteGetsIt() {
        receive("ok");
        for (int i = 0; i < 100; i++) {
            assertThat(board.in(LSR) & 1)
                    .as("who looks before each byte that it sends does not wait for one")
                    .isZero();
            board.out(DATA, 'x');
        }

        int looks = 1;
        while ((board.in(LSR) & 1) == 0 && looks < 100) {
            looks++;
        }

        assertThat(looks).isLessThan(100);
        assertThat(received()).isEqualTo("ok");
    }

    @Test
    void bytesWaitWhileTheGuestDoesNotAskForThem() {
        open();
        receive("a");
        assertThat(received()).isEqualTo("a");

        board.out(MCR, OUT2 | 1);
        receive("b");
        assertThat(board.in(LSR) & 1).isZero();
        board.out(MCR, OUT2 | RTS | 1);

        assertThat(received()).isEqualTo("b");
    }

    @Test
    void theDivisorLatchHidesDataAndInterruptEnable() {
        board.out(IER, 5);
        board.out(LCR, 0x83);
        board.out(DATA, 0x01);
        board.out(IER, 0x02);

        assertThat(board.in(DATA)).isEqualTo(0x01);
        assertThat(board.in(IER)).isEqualTo(0x02);
        assertThat(board.sent).isEmpty();
        board.out(LCR, 0x03);
        assertThat(board.in(IER)).isEqualTo(5);
    }

    @Test
    void clearingTheReceiveFifoForgetsItsBytes() {
        open();
        receive("abc");

        board.out(FCR, 0x03);

        assertThat(board.in(LSR) & 1).isZero();
    }

    /// The steps of Linux's drivers/tty/serial/8250 autodetection whose answers decide for a 16550A.
    @Test
    void linuxDetectsA16550A() {
        board.out(IER, 0);
        assertThat(board.in(IER) & 0x0F).isZero();
        board.out(IER, 0x0F);
        assertThat(board.in(IER) & 0x0F).isEqualTo(0x0F);
        board.out(IER, 0);
        board.out(MCR, LOOP | 0x0A);
        assertThat(board.in(MSR) & 0xF0).isEqualTo(0x90);
        board.out(MCR, 0);

        board.out(LCR, 0xBF);
        board.out(FCR, 0);
        board.out(LCR, 0);
        board.out(FCR, 0x01);
        assertThat(board.in(IIR) >> 6).isEqualTo(3);

        board.out(LCR, 0x80);
        assertThat(board.in(IIR)).as("not a 16650: no enhanced features").isNotZero();
        board.out(LCR, 0xBF);
        assertThat(board.in(IIR)).as("not a 16650V2").isNotZero();
        board.out(LCR, 0x00);
        board.out(FCR, 0x21);
        assertThat(board.in(IIR) >> 5).as("not a 16750 without latch").isEqualTo(6);
        board.out(LCR, 0x80);
        board.out(FCR, 0x21);
        assertThat(board.in(IIR) >> 5).as("not a 16750").isEqualTo(6);
        board.out(LCR, 0x00);
        board.out(IER, 0x40);
        assertThat(board.in(IER) & 0x40).as("not an XScale").isZero();
    }

    @Test
    void scratchKeepsAByte() {
        board.out(SCRATCH, 0xA5);

        assertThat(board.in(SCRATCH)).isEqualTo(0xA5);
    }

    @Test
    void twoPortsDoNotShareState() {
        board.out(0x2FF, 0x11);
        board.out(SCRATCH, 0x22);

        assertThat(board.in(0x2FF)).isEqualTo(0x11);
    }
}

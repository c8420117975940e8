package cloison.chipset.pic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.machine.interrupt.InterruptLine;
import cloison.machine.processor.InterruptSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PicPairTest {
    private static final int MASTER = 0x20;
    private static final int SLAVE = 0xA0;
    private static final int EOI = 0x20;

    private final Board board = new Board(1);
    private final InterruptLine irq3 = board.chipset.line(3);
    private final InterruptLine irq5 = board.chipset.line(5);
    private final InterruptLine irq10 = board.chipset.line(10);
    private final InterruptLine irq12 = board.chipset.line(12);

    @BeforeEach
    void initializeAsLinuxDoes() {
        initialize(0x01);
        board.out(MASTER + 1, 0);
        board.out(SLAVE + 1, 0);
    }

    private void initialize(int mode) {
        board.out(MASTER, 0x11);
        board.out(MASTER + 1, 0x30);
        board.out(MASTER + 1, 0x04);
        board.out(MASTER + 1, mode);
        board.out(SLAVE, 0x11);
        board.out(SLAVE + 1, 0x38);
        board.out(SLAVE + 1, 0x02);
        board.out(SLAVE + 1, 0x01);
    }

    private int acknowledge() {
        return board.apic(0).acknowledge();
    }

    @Test
    void theMaskRegisterReadsBackSoThatAProbeFindsTheChip() {
        board.out(SLAVE + 1, 0xFF);
        board.out(MASTER + 1, 0xFB);

        assertThat(board.in(MASTER + 1)).isEqualTo(0xFB);
        assertThat(board.in(SLAVE + 1)).isEqualTo(0xFF);
    }

    @Test
    void anEdgeInterruptsThroughLint0WithTheProgrammedVector() {
        irq3.level(true);

        assertThat(board.apic(0).pending()).isTrue();
        assertThat(board.notices(0)).isEqualTo(1);
        assertThat(acknowledge()).isEqualTo(0x33);
        assertThat(board.apic(0).pending()).isFalse();
    }

    @Test
    void aSlaveInterruptHasTheSlavesVectorAndNeedsTwoEnds() {
        irq12.level(true);
        assertThat(acknowledge()).isEqualTo(0x3C);
        irq5.level(true);
        assertThat(acknowledge()).isEqualTo(InterruptSource.NONE);

        board.out(SLAVE, EOI);
        board.out(MASTER, EOI);

        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void aMaskedInputStaysRequestedAndInterruptsWhenUnmasked() {
        board.out(MASTER + 1, 0xFF);
        irq5.level(true);
        assertThat(board.apic(0).pending()).isFalse();
        assertThat(board.in(MASTER)).isEqualTo(1 << 5);

        board.out(MASTER + 1, 0);

        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void aHigherInputInterruptsALowerOneAndNotTheOtherWayRound() {
        irq5.level(true);
        acknowledge();
        irq3.level(true);
        assertThat(acknowledge()).isEqualTo(0x33);
        irq5.level(false);
        irq5.level(true);
        assertThat(acknowledge()).isEqualTo(InterruptSource.NONE);

        board.out(MASTER, EOI);
        assertThat(acknowledge()).isEqualTo(InterruptSource.NONE);
        board.out(MASTER, EOI);
        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void inServiceAndRequestedCanBeReadThroughTheCommandPort() {
        irq3.level(true);
        acknowledge();
        irq5.level(true);

        board.out(MASTER, 0x0B);
        assertThat(board.in(MASTER)).isEqualTo(1 << 3);
        board.out(MASTER, 0x0A);
        assertThat(board.in(MASTER)).isEqualTo(1 << 5);
    }

    @Test
    void aSpecificEndEndsTheInputItNames() {
        irq5.level(true);
        acknowledge();
        irq3.level(true);
        acknowledge();

        board.out(MASTER, 0x60 | 5);

        board.out(MASTER, 0x0B);
        assertThat(board.in(MASTER)).isEqualTo(1 << 3);
    }

    @Test
    void rotationGivesTheServedInputTheLowestPriority() {
        irq3.level(true);
        acknowledge();
        board.out(MASTER, 0xA0);
        irq3.level(false);

        irq3.level(true);
        irq5.level(true);

        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void priorityCanBeSetDirectly() {
        board.out(MASTER, 0xC0 | 4);
        irq3.level(true);
        irq5.level(true);

        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void automaticEndLeavesNothingInService() {
        initialize(0x03);
        irq3.level(true);
        acknowledge();

        board.out(MASTER, 0x0B);

        assertThat(board.in(MASTER)).isZero();
        irq5.level(true);
        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void automaticEndCanRotate() {
        initialize(0x03);
        board.out(MASTER, 0x80);
        irq3.level(true);
        acknowledge();
        irq3.level(false);

        irq3.level(true);
        irq5.level(true);

        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void specialMaskLetsLowerInputsInterruptAMaskedOneInService() {
        irq3.level(true);
        acknowledge();
        irq5.level(true);
        assertThat(acknowledge()).isEqualTo(InterruptSource.NONE);

        board.out(MASTER + 1, 1 << 3);
        board.out(MASTER, 0x68);

        assertThat(acknowledge()).isEqualTo(0x35);
    }

    @Test
    void specialFullyNestedLetsTheSlaveInterruptItself() {
        initialize(0x11);
        irq12.level(true);
        assertThat(acknowledge()).isEqualTo(0x3C);

        irq10.level(true);

        assertThat(acknowledge()).isEqualTo(0x3A);
    }

    @Test
    void aPollAcknowledgesWithoutAVector() {
        irq3.level(true);
        board.out(MASTER, 0x0C);

        assertThat(board.in(MASTER)).isEqualTo(0x83);
        assertThat(board.apic(0).pending()).isFalse();
        board.out(MASTER, 0x0C);
        assertThat(board.in(MASTER)).isZero();
    }

    @Test
    void aLevelInputRequestsAsLongAsItIsHigh() {
        board.out(0x4D1, 1 << 2);
        irq10.level(true);
        assertThat(acknowledge()).isEqualTo(0x3A);
        board.out(SLAVE, EOI);
        board.out(MASTER, EOI);
        assertThat(acknowledge()).isEqualTo(0x3A);

        irq10.level(false);
        board.out(SLAVE, EOI);
        board.out(MASTER, EOI);

        assertThat(board.apic(0).pending()).isFalse();
    }

    @Test
    void levelControlCannotMakeTheTimerOrTheCascadeLevelTriggered() {
        board.out(0x4D0, 0xFF);
        board.out(0x4D1, 0xFF);

        assertThat(board.in(0x4D0)).isEqualTo(0xF8);
        assertThat(board.in(0x4D1)).isEqualTo(0xDE);
    }

    @Test
    void aRequestThatIsGoneWhenAcknowledgedGivesTheSpuriousVector() {
        PicPair pair = new PicPair(InterruptLine.NONE);
        pair.write(MASTER, 0x11);
        pair.write(MASTER + 1, 0x30);

        assertThat(pair.acknowledge()).isEqualTo(0x37);
    }

    @Test
    void initializationForgetsEdgesAndEndsEverything() {
        irq3.level(true);
        acknowledge();
        irq5.level(true);

        initialize(0x01);

        assertThat(board.apic(0).pending()).isFalse();
        board.out(MASTER, 0x0B);
        assertThat(board.in(MASTER)).isZero();
    }

    @Test
    void aSingleChipNeedsNoCascadeWord() {
        board.out(MASTER, 0x12);
        board.out(MASTER + 1, 0x40);
        board.out(MASTER + 1, 0xF7);

        irq3.level(true);

        assertThat(board.in(MASTER + 1)).isEqualTo(0xF7);
        assertThat(acknowledge()).isEqualTo(0x43);
    }

    @Test
    void aMaskedLint0SilencesThePair() {
        board.apicWrite(0, 0xF0, 0x1FF);
        board.apicWrite(0, 0x350, 0x1_0700);

        irq3.level(true);
        assertThat(board.apic(0).pending()).isFalse();

        board.apicWrite(0, 0x350, 0x700);
        assertThat(acknowledge()).isEqualTo(0x33);
    }

    @Test
    void aFixedLint0TurnsTheOutputIntoAnOrdinaryVector() {
        board.apicWrite(0, 0xF0, 0x1FF);
        board.apicWrite(0, 0x350, 0x55);

        irq3.level(true);

        assertThat(board.taken(0)).containsExactly(0x55);
    }

    @Test
    void aProcessorWhoseApicIsOffTakesThePairsInterrupts() {
        board.apic(0).writeMsr(0x1B, 0xFEE0_0000L);

        irq3.level(true);

        assertThat(acknowledge()).isEqualTo(0x33);
    }
}

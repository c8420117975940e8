package cloison.chipset.apic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.machine.processor.InterruptSource;
import org.junit.jupiter.api.Test;

class LocalApicTest {
    private static final int EOI = 0xB0;
    private static final int TPR = 0x80;
    private static final int SVR = 0xF0;
    private static final int LVT_LINT0 = 0x350;
    private static final int LVT_LINT1 = 0x360;
    private static final int LVT_ERROR = 0x370;
    private static final int ESR = 0x280;
    private static final int APIC_BASE = 0x1B;
    private static final long GLOBAL_ENABLE = 1 << 11;
    private static final long X2APIC = 1 << 10;

    private final Board board = new Board(2).enableApics();
    private final LocalApic apic = board.apic(0);

    @Test
    void registersAfterResetAreThoseOfTheManual() {
        LocalApic fresh = new Board(2).apic(1);

        assertThat(fresh.read(0xFEE0_0020L, 4)).isEqualTo(1 << 24);
        assertThat(fresh.read(0xFEE0_0030L, 4)).isEqualTo(0x5_0014);
        assertThat(fresh.read(0xFEE0_00F0L, 4)).isEqualTo(0xFF);
        assertThat(fresh.read(0xFEE0_00E0L, 4)).isEqualTo(0xFFFF_FFFFL);
        assertThat(fresh.read(0xFEE0_0320L, 4)).isEqualTo(0x1_0000);
        assertThat(fresh.read(0xFEE0_0350L, 4)).isEqualTo(0x1_0000);
        assertThat(fresh.readMsr(APIC_BASE)).isEqualTo(0xFEE0_0800L);
        assertThat(board.apic(0).readMsr(APIC_BASE)).isEqualTo(0xFEE0_0900L);
    }

    @Test
    void theRegisterPageIsWhereTheBaseRegisterSaysAndOnlyInXapicMode() {
        assertThat(apic.owns(0xFEE0_0FFFL)).isTrue();
        assertThat(apic.owns(0xFEE0_1000L)).isFalse();

        assertThat(apic.writeMsr(APIC_BASE, 0xFED0_0000L | GLOBAL_ENABLE)).isTrue();
        assertThat(apic.owns(0xFED0_0020L)).isTrue();

        apic.writeMsr(APIC_BASE, 0xFEE0_0000L | GLOBAL_ENABLE | X2APIC);
        assertThat(apic.owns(0xFEE0_0020L)).isFalse();
    }

    @Test
    void aVectorIsRequestedThenInServiceThenEnded() {
        apic.assertVector(0x41);
        assertThat(board.apicRead(0, 0x220)).isEqualTo(1 << 1);
        assertThat(board.notices(0)).isEqualTo(1);

        assertThat(apic.acknowledge()).isEqualTo(0x41);
        assertThat(board.apicRead(0, 0x220)).isZero();
        assertThat(board.apicRead(0, 0x120)).isEqualTo(1 << 1);

        board.apicWrite(0, EOI, 0);
        assertThat(board.apicRead(0, 0x120)).isZero();
        assertThat(board.events).containsExactly("0 ended 65");
    }

    @Test
    void theSameVectorAssertedTwiceIsDeliveredOnce() {
        apic.assertVector(0x41);
        apic.assertVector(0x41);

        assertThat(board.notices(0)).isEqualTo(1);
        assertThat(board.taken(0)).containsExactly(0x41);
    }

    @Test
    void aVectorOfTheSamePriorityClassWaitsForTheEnd() {
        apic.assertVector(0x41);
        apic.acknowledge();
        apic.assertVector(0x4F);

        assertThat(apic.pending()).isFalse();
        assertThat(apic.acknowledge()).isEqualTo(InterruptSource.NONE);

        board.notices(0);
        board.apicWrite(0, EOI, 0);
        assertThat(board.notices(0)).isEqualTo(1);
        assertThat(apic.acknowledge()).isEqualTo(0x4F);
    }

    @Test
    void aHigherClassInterruptsALowerOneAndEndsFirst() {
        apic.assertVector(0x41);
        apic.acknowledge();
        apic.assertVector(0x51);
        assertThat(apic.acknowledge()).isEqualTo(0x51);

        board.apicWrite(0, EOI, 0);

        assertThat(board.apicRead(0, 0x120)).isEqualTo(1 << 1);
        assertThat(board.apicRead(0, 0xA0)).isEqualTo(0x40);
    }

    @Test
    void highestVectorGoesFirst() {
        apic.assertVector(0x31);
        apic.assertVector(0xEF);
        apic.assertVector(0x80);

        assertThat(board.taken(0)).containsExactly(0xEF, 0x80, 0x31);
    }

    @Test
    void taskPriorityHoldsBackItsClassAndThoseBelow() {
        apic.cr8(5);
        assertThat(board.apicRead(0, TPR)).isEqualTo(0x50);
        apic.assertVector(0x5F);
        assertThat(apic.pending()).isFalse();

        apic.assertVector(0x61);
        assertThat(apic.acknowledge()).isEqualTo(0x61);
        apic.endOfInterrupt();

        board.notices(0);
        board.apicWrite(0, TPR, 0x4F);
        assertThat(apic.cr8()).isEqualTo(4);
        assertThat(board.notices(0)).isEqualTo(1);
        assertThat(apic.acknowledge()).isEqualTo(0x5F);
    }

    @Test
    void anApicThatIsOffBySoftwareDropsVectorsAndMasksLocalOnes() {
        board.apicWrite(0, LVT_LINT1, 0x400);
        board.apicWrite(0, SVR, 0xFF);

        apic.assertVector(0x41);

        assertThat(apic.pending()).isFalse();
        assertThat(board.apicRead(0, LVT_LINT1)).isEqualTo(0x1_0400);
        board.apicWrite(0, LVT_LINT1, 0x400);
        assertThat(board.apicRead(0, LVT_LINT1)).isEqualTo(0x1_0400);
    }

    @Test
    void anIllegalVectorIsAnErrorAndRaisesTheErrorInterrupt() {
        board.apicWrite(0, LVT_ERROR, 0xFE);

        apic.assertVector(15);

        assertThat(board.taken(0)).containsExactly(0xFE);
        assertThat(board.apicRead(0, ESR)).isZero();
        board.apicWrite(0, ESR, 0);
        assertThat(board.apicRead(0, ESR)).isEqualTo(0x40);
        board.apicWrite(0, ESR, 0);
        assertThat(board.apicRead(0, ESR)).isZero();
    }

    @Test
    void aVectorThatEndsItselfIsNeverInService() {
        apic.assertSelfEnding(0x41);

        assertThat(apic.acknowledge()).isEqualTo(0x41);

        assertThat(board.apicRead(0, 0x120)).isZero();
        apic.assertVector(0x41);
        apic.acknowledge();
        assertThat(board.apicRead(0, 0x120)).isEqualTo(1 << 1);
    }

    @Test
    void theNmiWireReachesProcessorsThatListenAtLint1() {
        board.apicWrite(0, LVT_LINT1, 0x400);

        board.chipset.injectNmi();

        assertThat(apic.takeNmi()).isTrue();
        assertThat(apic.takeNmi()).isFalse();
        assertThat(board.apic(1).takeNmi()).isFalse();
    }

    @Test
    void onlyTheBootstrapProcessorHasTheVirtualWireAtLint0() {
        Board fresh = new Board(2);

        assertThat(fresh.apicRead(0, LVT_LINT0)).isEqualTo(0x700);
        assertThat(fresh.apicRead(1, LVT_LINT0)).isEqualTo(0x1_0000);
    }

    @Test
    void initResetsAllButIdAndMode() {
        apic.writeMsr(APIC_BASE, apic.readMsr(APIC_BASE) | X2APIC);
        apic.writeMsr(0x80F, 0x1FF);
        apic.assertVector(0x41);
        apic.assertNmi();

        apic.init();

        assertThat(apic.pending()).isFalse();
        assertThat(apic.takeNmi()).isFalse();
        assertThat(apic.readMsr(0x80F)).isEqualTo(0xFF);
        assertThat(apic.readMsr(APIC_BASE) & X2APIC).isNotZero();
        assertThat(apic.readMsr(0x80D)).isEqualTo(1);
    }

    @Test
    void partsOfARegisterReadAsBytesAndAreNotWritten() {
        board.apicWrite(0, 0xD0, 0x0100_0000);

        assertThat(apic.read(0xFEE0_00D3L, 1)).isEqualTo(1);
        assertThat(apic.read(0xFEE0_00D4L, 4)).isZero();
        apic.write(0xFEE0_0080L, 1, 0x50);
        assertThat(board.apicRead(0, TPR)).isZero();
    }

    @Test
    void aRegisterThatDoesNotExistReadsZeroAndIsAnError() {
        assertThat(board.apicRead(0, 0x040)).isZero();

        board.apicWrite(0, ESR, 0);

        assertThat(board.apicRead(0, ESR)).isEqualTo(0x80);
    }
}

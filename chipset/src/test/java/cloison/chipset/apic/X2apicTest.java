package cloison.chipset.apic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.machine.Samples;
import org.junit.jupiter.api.Test;

class X2apicTest {
    private static final int APIC_BASE = 0x1B;
    private static final long BASE = 0xFEE0_0000L;
    private static final long ENABLED = 1 << 11;
    private static final long EXTENDED = 1 << 10;
    private static final int FIRST = 0x800;

    private final Board board = new Board(20);

    @Test
    void modesChangeOnlyAlongTheArrowsOfTheManual() {
        LocalApic apic = board.apic(1);

        assertThat(apic.writeMsr(APIC_BASE, BASE | EXTENDED)).isFalse();
        assertThat(apic.writeMsr(APIC_BASE, BASE | ENABLED | EXTENDED)).isTrue();
        assertThat(apic.writeMsr(APIC_BASE, BASE | ENABLED)).isFalse();
        assertThat(apic.writeMsr(APIC_BASE, BASE)).isTrue();
        assertThat(apic.writeMsr(APIC_BASE, BASE | ENABLED | EXTENDED)).isFalse();
        assertThat(apic.writeMsr(APIC_BASE, BASE | ENABLED)).isTrue();
        assertThat(apic.writeMsr(APIC_BASE, BASE | ENABLED | 1)).isFalse();
        assertThat(apic.readMsr(APIC_BASE)).isEqualTo(BASE | ENABLED);
    }

    @Test
    void x2apicModeThatIsNotOfferedCannotBeEntered() {
        LocalApic apic = new LocalApic(
                0,
                new ApicConfig(ApicConfig.USUAL_TIMER, Board.TSC, false, false),
                new InterruptFabric(),
                ProcessorSignals.NONE,
                ExternalInterrupts.NONE,
                () -> 0,
                board.clock,
                board.timers);

        assertThat(apic.writeMsr(APIC_BASE, BASE | ENABLED | EXTENDED)).isFalse();
        assertThat(apic.canReadMsr(0x6E0)).isFalse();
        assertThat(apic.writeMsr(0x6E0, 1)).isFalse();
        assertThat(apic.canReadMsr(0x802)).isFalse();
    }

    @Test
    void registersAreMsrsOnlyInX2apicMode() {
        LocalApic apic = board.apic(17);
        assertThat(apic.canReadMsr(0x802)).isFalse();
        assertThat(apic.writeMsr(0x80B, 0)).isFalse();

        apic.writeMsr(APIC_BASE, BASE | ENABLED | EXTENDED);

        assertThat(apic.readMsr(0x802)).isEqualTo(17);
        assertThat(apic.readMsr(0x80D)).isEqualTo(1 << 16 | 1 << 1);
        assertThat(apic.canReadMsr(0x80E)).isFalse();
        assertThat(apic.canReadMsr(0x80B)).isFalse();
        assertThat(apic.canReadMsr(0x831)).isFalse();
    }

    @Test
    void reservedBitsAndReadOnlyRegistersRefuseAWrite() {
        LocalApic apic = board.enableX2apics().apic(0);

        assertThat(apic.writeMsr(0x802, 0)).isFalse();
        assertThat(apic.writeMsr(0x808, 0x100)).isFalse();
        assertThat(apic.writeMsr(0x808, 1L << 32)).isFalse();
        assertThat(apic.writeMsr(0x80B, 1)).isFalse();
        assertThat(apic.writeMsr(0x828, 1)).isFalse();
        assertThat(apic.writeMsr(0x832, 1 << 19)).isFalse();
        assertThat(apic.writeMsr(0x83E, 4)).isFalse();
        assertThat(apic.writeMsr(0x839, 0)).isFalse();
        assertThat(apic.writeMsr(0x83F, 0x100)).isFalse();
        assertThat(apic.writeMsr(0x830, 1 << 12)).isFalse();
        assertThat(apic.writeMsr(0x808, 0x20)).isTrue();
        assertThat(apic.readMsr(0x808)).isEqualTo(0x20);
    }

    @Test
    void statusBitsOfALocalVectorMayBeWrittenAndStayAsTheyAre() {
        LocalApic apic = board.enableX2apics().apic(0);

        // What Linux writes when it lets go of the boot processor's APIC.
        assertThat(apic.writeMsr(0x835, 0x5700)).isTrue();
        assertThat(apic.readMsr(0x835)).isEqualTo(0x700);
        assertThat(apic.writeMsr(0x832, 1 << 12 | 0x20)).isTrue();
        assertThat(apic.readMsr(0x832)).isEqualTo(0x20);
        assertThat(apic.writeMsr(0x832, 1 << 14)).isFalse();
    }

    @Test
    void whatCanBeReadDoesNotDependOnTheValueAndReadsNeverFail() {
        LocalApic apic = board.enableX2apics().apic(0);
        for (int index = FIRST; index <= 0x8FF; index++) {
            if (apic.canReadMsr(index)) {
                apic.readMsr(index);
            }
        }
        apic.writeMsr(0x828, 0);

        assertThat(apic.readMsr(0x828)).isZero();
    }

    @Test
    void theSelfInterruptRegisterAssertsAVectorHere() {
        board.enableX2apics();

        board.apic(3).writeMsr(0x83F, 0x77);

        assertThat(board.taken(3)).containsExactly(0x77);
    }

    @Test
    void aCommandCarriesA32BitDestination() {
        board.enableX2apics();

        board.apic(0).writeMsr(0x830, 17L << 32 | 0x45);

        assertThat(board.taken(17)).containsExactly(0x45);
        assertThat(board.apic(0).readMsr(0x830)).isEqualTo(17L << 32 | 0x45);
    }

    @Test
    void aLogicalDestinationNamesAClusterAndMembersOfIt() {
        board.enableX2apics();

        board.apic(0).writeMsr(0x830, 0x0001_0005L << 32 | 1 << 11 | 0x45);

        for (int i = 0; i < 20; i++) {
            assertThat(board.taken(i)).as("processor %d", i).hasSize(i == 16 || i == 18 ? 1 : 0);
        }
    }

    @Test
    void aMessageWithAnEightBitDestinationReachesX2apics() {
        board.enableX2apics();

        board.chipset.messages().send(0xFEE0_0000L | 5 << 12, 0x50);
        board.chipset.messages().send(0xFEE0_0000L | 3 << 12 | 4, 0x51);

        assertThat(board.taken(5)).containsExactly(0x50);
        assertThat(board.taken(0)).containsExactly(0x51);
        assertThat(board.taken(1)).containsExactly(0x51);
    }

    @Test
    void endOfInterruptIsAWriteOfZero() {
        LocalApic apic = board.enableX2apics().apic(0);
        apic.assertVector(0x41);
        apic.acknowledge();

        assertThat(apic.writeMsr(0x80B, 0)).isTrue();

        assertThat(apic.readMsr(0x812)).isZero();
    }

    @Test
    void noWriteWhateverItsValueFails() {
        Samples.check(50, random -> {
            Board other = new Board(2).enableX2apics();
            for (int i = 0; i < 500; i++) {
                int index = random.nextInt(8) == 0 ? APIC_BASE : FIRST + random.nextInt(0x100);
                long value = random.nextLong() >>> random.nextInt(64);
                boolean accepted = other.apic(0).writeMsr(index, value);
                if (accepted && other.apic(0).canReadMsr(index)) {
                    other.apic(0).readMsr(index);
                }
            }
            other.apic(0).pending();
        });
    }
}

package cloison.chipset.apic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import org.junit.jupiter.api.Test;

class InterruptFabricTest {
    private static final int ICR = 0x300;
    private static final int ICR_HIGH = 0x310;
    private static final int LDR = 0xD0;
    private static final int DFR = 0xE0;
    private static final int LOGICAL = 1 << 11;
    private static final int ASSERT = 1 << 14;
    private static final int LEVEL = 1 << 15;
    private static final int LOWEST = 1 << 8;
    private static final int NMI = 4 << 8;
    private static final int INIT = 5 << 8;
    private static final int STARTUP = 6 << 8;

    private final Board board = new Board(4).enableApics();

    private void send(int from, int destination, int command) {
        board.apicWrite(from, ICR_HIGH, destination << 24);
        board.apicWrite(from, ICR, command);
    }

    private String receivers(int vector) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            if (board.taken(i).contains(vector)) {
                text.append(i);
            }
        }
        return text.toString();
    }

    @Test
    void aPhysicalDestinationIsOneProcessorOrEveryone() {
        send(0, 2, ASSERT | 0x41);
        assertThat(receivers(0x41)).isEqualTo("2");

        send(0, 0xFF, ASSERT | 0x42);
        assertThat(receivers(0x42)).isEqualTo("0123");

        send(0, 9, ASSERT | 0x43);
        assertThat(receivers(0x43)).isEmpty();
    }

    @Test
    void shorthandsMeanSelfAllAndAllOthers() {
        send(1, 0, 1 << 18 | ASSERT | 0x41);
        assertThat(receivers(0x41)).isEqualTo("1");

        send(1, 0, 2 << 18 | ASSERT | 0x42);
        assertThat(receivers(0x42)).isEqualTo("0123");

        send(1, 0, 3 << 18 | ASSERT | 0x43);
        assertThat(receivers(0x43)).isEqualTo("023");
    }

    @Test
    void aFlatLogicalDestinationIsASetOfBits() {
        for (int i = 0; i < 4; i++) {
            board.apicWrite(i, LDR, 1 << 24 + i);
        }

        send(0, 0b1010, LOGICAL | ASSERT | 0x41);

        assertThat(receivers(0x41)).isEqualTo("13");
    }

    @Test
    void aClusterLogicalDestinationIsAClusterAndASetOfBits() {
        int[] ids = {0x11, 0x12, 0x21, 0x22};
        for (int i = 0; i < 4; i++) {
            board.apicWrite(i, DFR, 0x0FFF_FFFF);
            board.apicWrite(i, LDR, ids[i] << 24);
        }

        send(0, 0x23, LOGICAL | ASSERT | 0x41);
        assertThat(receivers(0x41)).isEqualTo("23");

        send(0, 0x12, LOGICAL | ASSERT | 0x42);
        assertThat(receivers(0x42)).isEqualTo("1");

        send(0, 0xFF, LOGICAL | ASSERT | 0x43);
        assertThat(receivers(0x43)).isEqualTo("0123");
    }

    @Test
    void lowestPriorityGoesToTheLeastBusyAndInTurnAmongEquals() {
        for (int i = 0; i < 4; i++) {
            board.apicWrite(i, LDR, 1 << 24 + i);
        }
        board.apic(0).taskPriority(0x20);
        board.apic(1).taskPriority(0x10);
        board.apic(2).taskPriority(0x10);
        board.apic(3).taskPriority(0x30);

        send(0, 0x0F, LOGICAL | LOWEST | ASSERT | 0x41);
        String first = receivers(0x41);
        send(0, 0x0F, LOGICAL | LOWEST | ASSERT | 0x41);
        String second = receivers(0x41);

        assertThat(first).isEqualTo("1");
        assertThat(second).isEqualTo("2");
    }

    @Test
    void nmiInitAndStartupReachTheProcessorNotItsVectors() {
        send(0, 1, NMI | ASSERT);
        send(0, 2, INIT | ASSERT | LEVEL);
        send(0, 2, INIT | LEVEL);
        send(0, 2, STARTUP | ASSERT | 0x9A);

        assertThat(board.apic(1).takeNmi()).isTrue();
        assertThat(board.events).containsExactly("2 init", "2 startup 154");
    }

    @Test
    void anIllegalVectorIsTheSendersError() {
        send(0, 1, ASSERT | 0x0F);

        board.apicWrite(0, 0x280, 0);
        board.apicWrite(1, 0x280, 0);

        assertThat(board.apicRead(0, 0x280)).isEqualTo(0x20);
        assertThat(board.apicRead(1, 0x280)).isZero();
    }

    @Test
    void deliveryStatusIsAlwaysIdle() {
        send(0, 1, ASSERT | 1 << 12 | 0x41);

        assertThat(board.apicRead(0, ICR)).isEqualTo(ASSERT | 0x41);
        assertThat(board.apicRead(0, ICR_HIGH)).isEqualTo(1 << 24);
    }

    @Test
    void aMessageOutsideTheWindowGoesNowhere() {
        board.chipset.messages().send(0xFED0_0000L, 0x41);
        board.chipset.messages().send(0x1_FEE0_0000L, 0x41);
        assertThat(receivers(0x41)).isEmpty();

        board.chipset.messages().send(0xFEE0_1000L, 0x41);
        assertThat(receivers(0x41)).isEqualTo("1");
    }

    @Test
    void theSyntheticCommandRegisterSendsAsTheRealOne() {
        board.apic(0).command(3L << 56 | 0x66);

        assertThat(receivers(0x66)).isEqualTo("3");
        assertThat(board.apic(0).command()).isEqualTo(3L << 56 | 0x66);
    }
}

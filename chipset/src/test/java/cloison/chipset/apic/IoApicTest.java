package cloison.chipset.apic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.machine.interrupt.InterruptLine;
import org.junit.jupiter.api.Test;

class IoApicTest {
    private static final int MASKED = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_REQUEST = 1 << 14;
    private static final int PIN = 20;
    private static final int EOI = 0xB0;

    private final Board board = new Board(2).enableApics();
    private final InterruptLine line = board.chipset.line(PIN);

    private int entry() {
        return board.ioapicRead(0x10 + 2 * PIN);
    }

    @Test
    void theVersionRegisterTells24PinsAndAnEoiRegister() {
        assertThat(board.ioapicRead(1)).isEqualTo(0x0017_0020);
    }

    @Test
    void entriesAreMaskedAfterReset() {
        for (int pin = 0; pin < 24; pin++) {
            assertThat(board.ioapicRead(0x10 + 2 * pin)).isEqualTo(MASKED);
        }
        assertThat(board.ioapicRead(0x10 + 2 * 24)).isZero();
    }

    @Test
    void entriesAndIdHoldWhatIsWrittenButForReadOnlyBits() {
        board.ioapicWrite(0, -1);
        board.ioapicWrite(0x10 + 2 * PIN, -1);
        board.ioapicWrite(0x11 + 2 * PIN, -1);

        assertThat(board.ioapicRead(0)).isEqualTo(0x0F00_0000);
        assertThat(entry()).isEqualTo(0x1_AFFF);
        assertThat(board.ioapicRead(0x11 + 2 * PIN)).isEqualTo(0xFF00_0000);
    }

    @Test
    void anEdgeIsDeliveredOncePerRise() {
        board.route(PIN, 0x41, 1);

        line.level(true);
        line.level(true);
        assertThat(board.taken(1)).containsExactly(0x41);
        line.level(false);
        assertThat(board.taken(1)).isEmpty();
        line.level(true);
        assertThat(board.taken(1)).containsExactly(0x41);
        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void anEdgeIntoAMaskedEntryIsLost() {
        board.route(PIN, MASKED | 0x41, 0);
        line.level(true);

        board.route(PIN, 0x41, 0);

        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void aLevelIsDeliveredAgainAfterItsEndWhileTheLineIsHigh() {
        board.route(PIN, LEVEL | 0x41, 0);
        line.level(true);
        LocalApic apic = board.apic(0);
        assertThat(apic.acknowledge()).isEqualTo(0x41);
        assertThat(entry() & REMOTE_REQUEST).isNotZero();
        assertThat(board.apicRead(0, 0x1A0)).isEqualTo(1 << 1);

        board.apicWrite(0, EOI, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x41);
        line.level(false);
        board.apicWrite(0, EOI, 0);

        assertThat(apic.pending()).isFalse();
        assertThat(entry() & REMOTE_REQUEST).isZero();
    }

    @Test
    void aHighLevelIsDeliveredWhenItsEntryIsUnmasked() {
        board.route(PIN, MASKED | LEVEL | 0x41, 0);
        line.level(true);
        assertThat(board.taken(0)).isEmpty();

        board.ioapicWrite(0x10 + 2 * PIN, LEVEL | 0x41);

        assertThat(board.apic(0).acknowledge()).isEqualTo(0x41);
    }

    @Test
    void anEntryMadeEdgeTriggeredForgetsItsRemoteRequest() {
        board.route(PIN, LEVEL | 0x41, 0);
        line.level(true);
        board.apic(0).acknowledge();

        board.ioapicWrite(0x10 + 2 * PIN, MASKED | 0x41);

        assertThat(entry()).isEqualTo(MASKED | 0x41);
    }

    @Test
    void theEoiRegisterEndsALevelByItsVector() {
        board.route(PIN, LEVEL | 0x41, 0);
        line.level(true);
        board.apic(0).acknowledge();
        line.level(false);

        board.memory.write(IoApic.ADDRESS + 0x40, 4, 0x40);
        boolean other = (entry() & REMOTE_REQUEST) != 0;
        board.memory.write(IoApic.ADDRESS + 0x40, 4, 0x41);

        assertThat(other).isTrue();
        assertThat(entry() & REMOTE_REQUEST).isZero();
    }

    @Test
    void anNmiEntryAssertsNmi() {
        board.route(PIN, 4 << 8, 1);

        line.level(true);

        assertThat(board.apic(1).takeNmi()).isTrue();
    }

    @Test
    void twoDevicesOnOneLineAreHighWhileEitherIs() {
        InterruptLine other = board.chipset.line(PIN);
        board.route(PIN, LEVEL | 0x41, 0);
        line.level(true);
        other.level(true);
        line.level(false);
        board.apic(0).acknowledge();

        board.apicWrite(0, EOI, 0);
        assertThat(board.apic(0).acknowledge()).isEqualTo(0x41);
        other.level(false);
        board.apicWrite(0, EOI, 0);

        assertThat(board.apic(0).pending()).isFalse();
    }

    @Test
    void theIndexReadsBackAndOtherOffsetsReadZero() {
        board.memory.write(IoApic.ADDRESS, 4, 0x12);

        assertThat(board.memory.read(IoApic.ADDRESS, 4)).isEqualTo(0x12);
        assertThat(board.memory.read(IoApic.ADDRESS + 0x20, 4)).isZero();
        assertThat(board.memory.read(IoApic.ADDRESS + 0x12, 2)).isEqualTo(MASKED >>> 16);
    }
}

package cloison.chipset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.chipset.apic.ApicConfig;
import cloison.chipset.apic.ProcessorSignals;
import cloison.chipset.power.PowerSwitch;
import cloison.chipset.uart.SerialPort;
import cloison.machine.bus.MemoryBus;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChipsetTest {
    private final Board board = new Board(2);

    @Test
    void isaInterrupt0ArrivesAtPin2AndAtInput0() {
        board.enableApics();
        board.route(0, 0x40, 0);
        board.route(2, 0x42, 1);
        board.out(0x20, 0x13);
        board.out(0x21, 0x30);
        board.out(0x21, 0x01);
        board.out(0x43, 0x30);
        board.out(0x40, 10);
        board.out(0x40, 0);

        board.advance(10_000);

        assertThat(board.apic(0).acknowledge()).isEqualTo(0x30);
        assertThat(board.taken(1)).containsExactly(0x42);
        assertThat(board.taken(0)).isEmpty();
    }

    @Test
    void aSerialInterruptArrivesAtBothControllers() {
        board.enableApics();
        board.route(3, 0x43, 1);
        board.out(0x20, 0x13);
        board.out(0x21, 0x30);
        board.out(0x21, 0x01);

        board.out(0x2FC, 8);
        board.out(0x2F9, 2);

        assertThat(board.apic(0).acknowledge()).isEqualTo(0x33);
        assertThat(board.taken(1)).containsExactly(0x43);
    }

    @Test
    void onlyTheSerialPortsAskedForExist() {
        assertThat(board.chipset.uart(SerialPort.COM1)).isNotNull();
        assertThat(board.chipset.uart(SerialPort.COM3)).isNull();
        assertThat(board.in(SerialPort.COM3.port() + 5)).isEqualTo(0xFF);
    }

    @Test
    void aPortThatIsTakenRefusesADebugExit() {
        ChipsetConfig config = new ChipsetConfig(
                1,
                new ApicConfig(ApicConfig.USUAL_TIMER, Board.TSC, true, true),
                List.of(new OptionalDevice.DebugExit(0x3F0)));
        ChipsetWiring wiring = new ChipsetWiring(
                board.ports,
                new MemoryBus(),
                board.clock,
                board.timers,
                new NoPower(),
                _ -> ProcessorSignals.NONE,
                _ -> () -> 0);

        assertThatThrownBy(() -> new Chipset(config, wiring))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has a device already");
        assertThatThrownBy(() -> new OptionalDevice.DebugExit(0x1_0000)).hasMessageContaining("not an I/O port");
    }

    private static final class NoPower implements PowerSwitch {
        @Override
        public void off() {}

        @Override
        public void reset() {}

        @Override
        public void exit(int status) {}
    }

    @Test
    void thereAreNoInterruptsBeyondThePins() {
        assertThatThrownBy(() -> board.chipset.line(24)).hasMessageContaining("24");
    }
}

package cloison.chipset.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.chipset.Board;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PciBusTest {
    private static final int ADDRESS = 0xCF8;
    private static final int DATA = 0xCFC;
    private static final int ENABLE = 1 << 31;

    /// A function with 256 bytes that can all be written.
    private static final class Registers implements PciFunction {
        private final int[] words = new int[64];

        @Override
        public int configRead(int register) {
            return words[register / 4];
        }

        @Override
        public void configWrite(int register, int value, int written) {
            words[register / 4] = words[register / 4] & ~written | value & written;
        }
    }

    private final Board board = new Board(1);
    private final PciBus bus = new PciBus();
    private final Registers registers = new Registers();

    private int config(int address, int port, int size) {
        board.ports.write(ADDRESS, 4, address);
        return board.ports.read(port, size);
    }

    @Test
    void aMachineHasAHostBridgeAndNothingElse() {
        assertThat(config(ENABLE, DATA, 4)).isEqualTo(0x7192_8086);
        assertThat(config(ENABLE | 8, DATA + 2, 2)).as("host bridge").isEqualTo(0x0600);
        assertThat(config(ENABLE | 0x0C, DATA + 2, 1)).as("header type").isZero();
        for (int place = 1; place < 256; place++) {
            assertThat(config(ENABLE | place << 8, DATA, 4)).isEqualTo(-1);
        }
        for (int other = 1; other < 256; other++) {
            assertThat(config(ENABLE | other << 16, DATA, 4)).isEqualTo(-1);
        }
    }

    @Test
    void theBridgeCannotBeChangedAndHasNoAddresses() {
        for (int register = 0; register < 256; register += 4) {
            int before = config(ENABLE | register, DATA, 4);
            board.ports.write(DATA, 4, -1);
            assertThat(config(ENABLE | register, DATA, 4)).isEqualTo(before);
            if (register >= 0x10) {
                assertThat(before).isZero();
            }
        }
    }

    @Test
    void theAddressReadsBackWithoutWhatItHasNot() {
        board.ports.write(ADDRESS, 4, -1);

        assertThat(board.ports.read(ADDRESS, 4)).isEqualTo(0x80FF_FFFC);
    }

    @Test
    void narrowAccessesToTheAddressAreNotForPci() {
        board.ports.write(ADDRESS, 4, ENABLE);
        board.ports.write(ADDRESS, 1, 0x55);
        board.ports.write(ADDRESS, 2, 0x5555);
        board.out(ADDRESS + 3, 1);

        assertThat(board.ports.read(ADDRESS, 4)).isEqualTo(ENABLE);
        assertThat(board.in(ADDRESS)).isEqualTo(0xFF);
        assertThat(board.in(ADDRESS + 2)).isEqualTo(0xFF);
    }

    @Test
    void withoutTheEnableBitNothingAnswers() {
        assertThat(config(0, DATA, 4)).isEqualTo(-1);
    }

    @Test
    void partsOfARegisterAreReadAndWrittenAlone() {
        bus.attach(3, 5, registers);
        bus.portWrite(ADDRESS, 4, ENABLE | 3 << 11 | 5 << 8 | 0x44);
        bus.portWrite(DATA, 4, 0x1122_3344);
        bus.portWrite(DATA + 1, 1, 0xAA);
        bus.portWrite(DATA + 2, 2, 0xBBCC);

        assertThat(registers.words[0x11]).isEqualTo(0xBBCC_AA44);
        assertThat(bus.portRead(DATA + 1, 1) & 0xFF).isEqualTo(0xAA);
        assertThat(bus.portRead(DATA + 2, 2) & 0xFFFF).isEqualTo(0xBBCC);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void anAccessThatLeavesTheRegisterIsNone(int offset) {
        bus.attach(0, 0, registers);
        bus.portWrite(ADDRESS, 4, ENABLE);
        bus.portWrite(DATA + offset, 4, -1);

        assertThat(registers.words).containsOnly(0);
        assertThat(bus.portRead(DATA + offset, 4)).isEqualTo(-1);
    }

    @Test
    void aPlaceIsTakenOnce() {
        bus.attach(1, 0, registers);

        assertThatThrownBy(() -> bus.attach(1, 0, registers)).hasMessageContaining("device 1");
    }
}

package cloison.chipset.isa;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ByteWideDeviceTest {
    private final List<String> written = new ArrayList<>();

    private final ByteWideDevice device = new ByteWideDevice() {
        @Override
        public int read(int port) {
            return port == 0x10 ? 0x34 : NOTHING;
        }

        @Override
        public void write(int port, int value) {
            written.add("%x=%x".formatted(port, value));
        }
    };

    @Test
    void aWideReadIsOneReadPerByte() {
        assertThat(device.portRead(0x10, 2)).isEqualTo(0xFF34);
        assertThat(device.portRead(0x10, 4)).isEqualTo(0xFFFF_FF34);
    }

    @Test
    void aWideWriteIsOneWritePerByteLowestFirst() {
        device.portWrite(0x10, 4, 0x1234_56F8);

        assertThat(written).containsExactly("10=f8", "11=56", "12=34", "13=12");
    }
}

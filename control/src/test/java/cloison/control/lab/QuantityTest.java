package cloison.control.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloison.vm.config.ConfigurationException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    @Test
    void amountsAreReadAsTheyAreWritten() {
        assertThat(Quantity.memory("512M")).isEqualTo(512L << 20);
        assertThat(Quantity.memory("2g")).isEqualTo(2L << 30);
        assertThat(Quantity.memory("65536KiB")).isEqualTo(64L << 20);
        assertThat(Quantity.time("120s")).isEqualTo(Duration.ofMinutes(2));
        assertThat(Quantity.time("2m")).isEqualTo(Duration.ofMinutes(2));
        assertThat(Quantity.time("90")).isEqualTo(Duration.ofSeconds(90));
        assertThat(Quantity.port("0xf4")).isEqualTo(0xf4);
        assertThat(Quantity.port("244")).isEqualTo(0xf4);
        assertThat(Quantity.port("010")).isEqualTo(10);
        assertThat(Quantity.count("--cpus", "2")).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "512", "M", "-1M", "1.5G", "512MB!", "99999999999G", "512 M"})
    void aMalformedSizeIsRefused(String text) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Quantity.memory(text))
                .withMessageContaining("'" + text + "'")
                .withMessageContaining("512M");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0s", "-5s", "2d", "1.5m", "99999999999999s"})
    void aMalformedTimeIsRefused(String text) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Quantity.time(text))
                .withMessageContaining("'" + text + "'")
                .withMessageContaining("120s");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0x", "-1", "65536", "0x10000", "f4", "0xzz"})
    void aPortThatIsNoneIsRefused(String text) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> Quantity.port(text))
                .withMessageContaining("'" + text + "'");
    }
}

package cloison.net.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MacAddressTest {
    @ParameterizedTest
    @ValueSource(strings = {"00:15:5d:01:02:ff", "00-15-5D-01-02-FF"})
    void bothSeparatorsAndBothCasesAreRead(String text) {
        assertThat(MacAddress.parse(text)).hasToString("00:15:5d:01:02:ff");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00:15:5d:01:02",
                "00:15:5d:01:02:ff:00",
                "00155d0102ff",
                "00:15:5d-01:02:ff",
                "00:15:5d:01:02:fg",
                "00:15:5d:01:02: f",
                "00:15:5d:01:02:f١",
                "00.15.5d.01.02.ff"
            })
    void malformedTextIsRefusedInOneLineThatQuotesIt(String text) {
        assertThatThrownBy(() -> MacAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("00:15:5d:00:00:01")
                .hasMessageNotContaining("\n");
    }

    @Test
    void groupAndZeroAddressesAreRefused() {
        assertThatThrownBy(() -> MacAddress.parse("01:00:5e:00:00:01")).hasMessageContaining("group");
        assertThatThrownBy(() -> MacAddress.parse("ff:ff:ff:ff:ff:ff")).hasMessageContaining("group");
        assertThatThrownBy(() -> MacAddress.parse("00:00:00:00:00:00")).hasMessageContaining("zero");
    }

    @Test
    void anAddressSurvivesTheWire() {
        byte[] wire = new byte[8];

        MacAddress.parse("00:15:5d:a1:b2:c3").encode(wire, 1);

        assertThat(wire).containsExactly(0, 0, 0x15, 0x5D, 0xA1, 0xB2, 0xC3, 0);
        assertThat(MacAddress.decode(wire, 1)).hasToString("00:15:5d:a1:b2:c3");
    }

    @Test
    void chosenAddressesAreStableUniqueAndTheHosts() {
        Set<MacAddress> taken = new HashSet<>();

        MacAddress first = MacAddress.choose("web/nic0", taken::contains);
        taken.add(first);
        MacAddress second = MacAddress.choose("web/nic0", taken::contains);

        assertThat(MacAddress.choose("web/nic0", address -> false)).isEqualTo(first);
        assertThat(second).isNotEqualTo(first);
        assertThat(first.toString()).startsWith("00:15:5d:");
        assertThat(MacAddress.choose("db/nic0", taken::contains)).isNotEqualTo(first);
    }
}

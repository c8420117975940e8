package cloison.vm.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionConfigTest {
    private static final BootSource BOOT = new BootSource(Path.of("vmlinuz"), null, "console=ttyS0");
    private static final MacAddress MAC = MacAddress.numbered(1);

    @Test
    void aPlainPartitionIsAccepted() {
        PartitionConfig config = new PartitionConfig(
                "web-1",
                512 * PartitionConfig.MIB,
                2,
                EngineName.AUTO,
                BOOT,
                List.of(new NicConfig("lan", MAC)),
                false,
                0xf4);

        assertThat(config.nics())
                .singleElement()
                .satisfies(nic -> assertThat(nic.vlan()).isEqualTo(NicConfig.UNTAGGED));
    }

    @Test
    void refusalsAreOneLineThatNamesTheValue() {
        refuses(() -> partition("a b", 512, 1, List.of()), "'a b'");
        refuses(() -> partition("web", 8, 1, List.of()), "8388608 bytes");
        refuses(() -> partition("web", 1 << 20, 1, List.of()), "64G");
        refuses(() -> partition("web", 512, 0, List.of()), "0 processors");
        refuses(() -> partition("web", 512, 65, List.of()), "65 processors");
        refuses(
                () -> partition("web", 512, 1, List.of(new NicConfig("a", MAC), new NicConfig("b", MAC))),
                MAC.toString());
        refuses(() -> new NicConfig("lan", NicConfig.Type.SYNTHETIC, MAC, 4095), "4095");
        refuses(() -> new NicConfig("", MAC), "''");
        refuses(() -> NicConfig.Type.of("e1000"), "'e1000'");
        refuses(() -> SwitchConfig.Type.of("bridged"), "'bridged'");
        refuses(() -> EngineName.of("kvm"), "'kvm'");
        refuses(() -> new BootSource(Path.of("vmlinuz"), null, "a\nb"), "line break");
        refuses(() -> new BootSource(Path.of("vmlinuz"), null, "x".repeat(2048)), "2048");
    }

    @Test
    void aMacAddressReadsBackAsItWasWritten() {
        assertThat(MacAddress.of("00-15-5D-0a-0B-ff")).hasToString("00:15:5d:0a:0b:ff");
        assertThat(MacAddress.numbered(0x010203)).hasToString("00:15:5d:01:02:03");
        assertThat(MacAddress.of("02:00:00:00:00:7f").octets()).containsExactly(2, 0, 0, 0, 0, 0x7f);
    }

    @Test
    void anAddressThatIsNoAdaptersIsRefused() {
        refuses(() -> MacAddress.of("00:15:5d:00:00"), "'00:15:5d:00:00'");
        refuses(() -> MacAddress.of("00:15:5d:00:00:0g"), "malformed");
        refuses(() -> MacAddress.of("01:00:5e:00:00:01"), "01:00:5e:00:00:01");
        refuses(() -> MacAddress.of("00:00:00:00:00:00"), "00:00:00:00:00:00");
        refuses(() -> MacAddress.numbered(1 << 24), "16777216");
    }

    private static PartitionConfig partition(String name, long mib, int cpus, List<NicConfig> nics) {
        return new PartitionConfig(name, mib * PartitionConfig.MIB, cpus, EngineName.AUTO, BOOT, nics, false, null);
    }

    private static void refuses(Runnable making, String names) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(making::run)
                .satisfies(refusal ->
                        assertThat(refusal.getMessage()).contains(names).doesNotContain("\n"));
    }
}

package cloison.vm.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloison.net.frame.MacAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionConfigTest {
    private static final BootSource BOOT = new BootSource(Path.of("vmlinuz"), null, "console=ttyS0");
    private static final MacAddress MAC = NicConfig.mac("00:15:5d:00:00:01");

    @Test
    void aPlainPartitionIsAccepted() {
        PartitionConfig config = new PartitionConfig(
                "web-1", 512 * PartitionConfig.MIB, 2, EngineName.AUTO, BOOT, List.of(nic("lan")), false, 0xf4);

        assertThat(config.nics()).containsExactly(nic("lan"));
    }

    @Test
    void refusalsAreOneLineThatNamesTheValue() {
        refuses(() -> partition("a b", 512, 1, List.of()), "'a b'");
        refuses(() -> partition("switches", 512, 1, List.of()), "'switches'");
        refuses(() -> partition("web", 8, 1, List.of()), "8388608 bytes");
        refuses(() -> partition("web", 1 << 20, 1, List.of()), "64G");
        refuses(() -> partition("web", 512, 0, List.of()), "0 processors");
        refuses(() -> partition("web", 512, 65, List.of()), "65 processors");
        refuses(() -> partition("web", 512, 1, List.of(nic("a"), nic("b"))), MAC.toString());
        refuses(() -> nic(""), "''");
        refuses(() -> NicConfig.Type.of("e1000"), "'e1000'");
        refuses(() -> SwitchConfig.type("bridged"), "'bridged'");
        refuses(() -> EngineName.of("kvm"), "'kvm'");
        refuses(() -> new BootSource(Path.of("vmlinuz"), null, "a\nb"), "line break");
        refuses(() -> new BootSource(Path.of("vmlinuz"), null, "x".repeat(2048)), "2048");
    }

    @Test
    void anAddressThatIsNoAdaptersIsRefused() {
        refuses(() -> NicConfig.mac("00:15:5d:00:00"), "'00:15:5d:00:00'");
        refuses(() -> NicConfig.mac("01:00:5e:00:00:01"), "group address");
        refuses(() -> new NicConfig("lan", NicConfig.Type.SYNTHETIC, MacAddress.BROADCAST), "ff:ff:ff:ff:ff:ff");
    }

    private static PartitionConfig partition(String name, long mib, int cpus, List<NicConfig> nics) {
        return new PartitionConfig(name, mib * PartitionConfig.MIB, cpus, EngineName.AUTO, BOOT, nics, false, null);
    }

    private static NicConfig nic(String switchName) {
        return new NicConfig(switchName, NicConfig.Type.SYNTHETIC, MAC);
    }

    private static void refuses(Runnable making, String names) {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(making::run)
                .satisfies(refusal ->
                        assertThat(refusal.getMessage()).contains(names).doesNotContain("\n"));
    }
}

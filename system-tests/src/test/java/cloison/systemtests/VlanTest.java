package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stock guests on one switch, in two VLANs.
class VlanTest {
    private static final String LAB = """
            switches:
              lan: {type: private}
            partitions:
              server:
                boot: debian-12-cloud
                memory: 256M
                append: "quiet cloison.role=server cloison.ip=10.0.0.1/24 cloison.peer=10.0.0.2"
                nics: [{switch: lan, mac: "00:15:5d:00:00:01", vlan: {access: 10}}]
              client:
                boot: debian-12-cloud
                memory: 256M
                append: "quiet cloison.role=client cloison.ip=10.0.0.2/24 cloison.peer=10.0.0.1 cloison.seconds=1"
                nics: [{switch: lan, mac: "00:15:5d:00:00:02", vlan: {access: 10}}]
              stranger:
                boot: debian-12-cloud
                memory: 256M
                append: "quiet cloison.role=client cloison.ip=10.0.0.3/24 cloison.peer=10.0.0.1 cloison.patience=5"
                nics: [{switch: lan, mac: "00:15:5d:00:00:03", vlan: {access: 20}}]
            """;

    @TempDir
    private Path folder;

    @Test
    void guestsReachWhoIsInTheirVlanAndNobodyElse() throws Exception {
        assumeTrue(Tools.onPath("tshark"), "tshark is not installed");
        Path lab = Files.writeString(folder.resolve("vlans.yaml"), LAB);
        Path frames = folder.resolve("frames.pcapng");

        try (Program program = Program.run("up", lab.toString(), "--pcap", frames.toString())) {
            assertThat(program.status()).as(program::toString).isZero();
            assertThat(program.output().lines())
                    .contains(
                            "client: @cloison end done",
                            "server: @cloison end done",
                            "stranger: @cloison end no answer from 10.0.0.1");
        }

        // What each adapter sent and received, by the sender's address. The stranger's ports are there from the
        // beginning, whatever its guest does: what is not here was not carried.
        assertThat(senders(frames))
                .containsExactlyInAnyOrder(
                        "server/nic0\t00:15:5d:00:00:01\t",
                        "server/nic0\t00:15:5d:00:00:02\t",
                        "client/nic0\t00:15:5d:00:00:01\t",
                        "client/nic0\t00:15:5d:00:00:02\t",
                        "stranger/nic0\t00:15:5d:00:00:03\t");
    }

    /// {@return each adapter with each sender that it saw and the VLAN tag of those frames}
    private List<String> senders(Path frames) throws IOException, InterruptedException {
        Process tshark = new ProcessBuilder(
                        "tshark",
                        "-r",
                        frames.toString(),
                        "-T",
                        "fields",
                        "-e",
                        "frame.interface_name",
                        "-e",
                        "eth.src",
                        "-e",
                        "vlan.id")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .distinct()
                .toList();
        assertThat(tshark.waitFor()).isZero();
        return lines;
    }

    @Test
    void portsOfOneGuestReachEachOtherInTheirVlanOnly() {
        try (Program program = Guest.of(Guest.CLOUD)
                .run(
                        "--nic",
                        "switch=lan,mac=00:15:5d:00:00:0a,vlan=10",
                        "--nic",
                        "switch=lan,mac=00:15:5d:00:00:0b,vlan=10",
                        "--nic",
                        "switch=lan,mac=00:15:5d:00:00:0c,vlan=20",
                        "--nic",
                        "switch=lan,mac=00:15:5d:00:00:0d")) {
            Shell shell = new Shell(program);
            shell.run("port() { basename $(dirname $(grep -l $1\\$ /sys/class/net/*/address)); }");
            shell.run("until test $(ls -d /sys/class/net/eth* | wc -l) = 4; do usleep 10000; done");
            for (String port : List.of("a", "b", "c", "d")) {
                shell.run("ip addr add 10.0." + (int) port.charAt(0) + ".1/24 dev $(port " + port
                        + ") && ip link set $(port " + port + ") up");
                shell.run("until grep -q 1 /sys/class/net/$(port " + port + ")/carrier; do usleep 10000; done");
            }

            // A port answers for its own address only.
            shell.run("echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore");
            // Asks from one port whether somebody has another's address; who hears it answers.
            String asks = "arping -D -q -c 2 -w 2 -I $(port %s) 10.0.%d.1";
            shell.run("! " + asks.formatted("a", (int) 'b'));
            shell.run("! " + asks.formatted("b", (int) 'a'));
            shell.run(asks.formatted("a", (int) 'c'));
            shell.run(asks.formatted("c", (int) 'a'));
            shell.run(asks.formatted("d", (int) 'a'));
            shell.run(asks.formatted("c", (int) 'd'));
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }
}

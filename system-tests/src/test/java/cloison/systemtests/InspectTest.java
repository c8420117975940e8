package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.vm.config.CpuName;
import cloison.vm.config.EngineName;
import cloison.vm.run.Engines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `ps` and `inspect` beside stock guests that run.
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class InspectTest {
    private static final String EXITS = "web/vp/0/exits";

    @TempDir
    private Path folder;

    /// {@return what a program beside `lab` prints, which must succeed}
    private static String said(Program lab, String... arguments) {
        try (Program program = lab.beside(arguments)) {
            assertThat(program.status()).as(program::toString).isZero();
            assertThat(program.errors()).isEmpty();
            return program.output();
        }
    }

    private static JsonNode json(Program lab, String... arguments) {
        return JsonMapper.shared().readTree(said(lab, arguments));
    }

    private static long value(Program lab, String path) {
        return Long.parseLong(said(lab, "inspect", path).strip());
    }

    /// {@return how often things happened, added up}
    private static long sum(JsonNode counts) {
        return StreamSupport.stream(counts.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .sum();
    }

    @Test
    void aRunningGuestIsInspected() throws IOException {
        EngineName engine = Engines.chosen(EngineName.AUTO, CpuName.V2);
        try (Program web = Guest.of(Guest.CLOUD)
                .run(
                        "--append",
                        "console=ttyS0 quiet cloison.ip=10.0.0.1/24",
                        "--name",
                        "web",
                        "--cpus",
                        "2",
                        "--nic",
                        "switch=lan,mac=00:15:5d:00:00:2a")) {
            Shell shell = new Shell(web);
            shell.run("! ping -c 1 -W 1 10.0.0.9");

            JsonNode list = json(web, "ps", "--json");
            assertThat(list.at("/0/lab").asString()).isEqualTo("web");
            assertThat(list.at("/0/process").asString()).isEqualTo(web.pid());
            JsonNode listed = list.at("/0/partitions/0");
            assertThat(listed.get("state").asString()).isEqualTo("running");
            assertThat(listed.get("engine").asString()).isEqualTo(engine.text());
            assertThat(listed.get("processors").asInt()).isEqualTo(2);
            assertThat(listed.get("memoryBytes").asLong()).isEqualTo(512L << 20);
            assertThat(listed.get("uptimeSeconds").asDouble()).isPositive();
            assertThat(said(web, "inspect"))
                    .contains("web/\n", "  engine      " + engine.text() + "\n", "  vp/\n", "switches/\n  lan/\n");

            // The guest's driver looked in vain for its neighbour's address, and the switch has no other port.
            JsonNode nic = json(web, "inspect", "web/nics/0", "--json");
            assertThat(nic.get("phase").asString()).isEqualTo("operating");
            assertThat(nic.get("guest-mac").asString()).isEqualTo("00:15:5d:00:00:2a");
            assertThat(nic.at("/netvsp/sent-broadcast-frames").asLong()).isPositive();
            assertThat(nic.at("/port/frames-in").asLong()).isPositive();
            assertThat(nic.at("/port/in-dropped-nowhere").asLong()).isPositive();
            assertThat(said(web, "inspect", "switches/lan/addresses/0/00:15:5d:00:00:2a"))
                    .isEqualTo("web/nic0\n");
            assertThat(said(web, "inspect", "web/vmbus/version")).isEqualTo("5.3\n");
            assertThat(json(web, "inspect", "web/vmbus/channels", "--json"))
                    .anySatisfy(channel -> assertThat(channel.toString()).contains("\"web/nic0\"", "\"open\":true"));
            // The first beats come some seconds after the driver.
            while (!said(web, "inspect", "web/integration/heartbeat/health").equals("alive\n")) {
                Thread.onSpinWait();
            }
            assertThat(said(web, "inspect", "web/integration/heartbeat")).contains("health     alive\n");

            // What the guest does meanwhile shows.
            long signals = value(web, "web/vmbus/signals-from-guest");
            if (engine == EngineName.TRANSLATOR) {
                areExplained(json(web, "inspect", EXITS, "--json"));
                long exits = sum(json(web, "inspect", EXITS, "--json"));
                long accesses = value(web, EXITS + "/access");
                shell.run("! ping -c 1 -W 1 10.0.0.10");
                assertThat(value(web, EXITS + "/access"))
                        .isGreaterThan(accesses)
                        .isPositive();
                assertThat(sum(json(web, "inspect", EXITS, "--json"))).isGreaterThan(exits);
            } else {
                long instructions = value(web, "web/vp/0/instructions");
                shell.run("! ping -c 1 -W 1 10.0.0.10");
                assertThat(value(web, "web/vp/0/instructions")).isGreaterThan(instructions);
            }
            assertThat(value(web, "web/vmbus/signals-from-guest")).isGreaterThan(signals);

            try (Program wrong = web.beside("inspect", "web/vp/2")) {
                assertThat(wrong.status()).isEqualTo(2);
                assertThat(wrong.errors()).isEqualTo("cloison: there is no '2' in web/vp; there is 0, 1\n");
                assertThat(wrong.output()).isEmpty();
            }

            shell.last("poweroff");
            assertThat(web.status()).as(web::toString).isZero();
            assertThat(web.runtime().resolve("cloison/web.sock")).doesNotExist();
            try (Program late = web.beside("inspect")) {
                assertThat(late.status()).isEqualTo(2);
                assertThat(late.errors()).startsWith("cloison: no lab runs; ").hasLineCount(1);
            }
        }
    }

    /// What a user sees is explained to him.
    private static void areExplained(JsonNode exits) throws IOException {
        String page = Files.readString(Path.of("../docs/reference/inspect.md"));
        assertThat(exits.propertyNames())
                .allSatisfy(reason -> assertThat(page).containsPattern("(?m)^\\|? ?`" + reason + "` "));
    }

    @Test
    void anInterpretedGuestsInstructionsAreSeenToGrow() {
        try (Program guest = Guest.of(Guest.CLOUD).run("--engine", "interpreter")) {
            Shell shell = new Shell(guest);

            long before = value(guest, "guest/vp/0/instructions");
            shell.run("seq 1000 | md5sum");

            assertThat(value(guest, "guest/vp/0/instructions"))
                    .isGreaterThan(before)
                    .isGreaterThan(100_000_000);
            assertThat(json(guest, "inspect", "guest/vp/0", "--json").has("exits"))
                    .isFalse();
            shell.last("poweroff");
            assertThat(guest.status()).as(guest::toString).isZero();
        }
    }

    @Test
    void aLabSaysHowEachOfItsGuestsEnded() throws IOException {
        Path file = Files.writeString(folder.resolve("shop.yaml"), """
                partitions:
                  good: {boot: debian-12-cloud, memory: 256M, append: "quiet cloison.role=off"}
                  bad: {boot: debian-12-cloud, memory: 256M, append: "quiet rdinit=/nowhere"}
                  long: {boot: debian-12-cloud, memory: 256M, append: "quiet"}
                """);
        try (Program lab = Program.start("up", file.toString())) {
            lab.await("long: @cloison up");
            JsonNode found = json(lab, "inspect", "--json");
            while (found.at("/good/state").asString().equals("running")
                    || found.at("/bad/state").asString().equals("running")) {
                found = json(lab, "inspect", "--json");
            }

            assertThat(found.at("/good/state").asString()).isEqualTo("powered-off");
            assertThat(found.at("/bad/state").asString()).isEqualTo("crashed");
            assertThat(found.at("/bad/reason").asString()).startsWith("Kernel panic - not syncing: VFS: ");
            assertThat(found.at("/long/state").asString()).isEqualTo("running");
            assertThat(said(lab, "ps").lines().skip(1).map(line -> line.split(" +")[2]))
                    .containsExactly("powered-off", "crashed", "running");
            lab.terminate();
            assertThat(lab.status()).as(lab::toString).isEqualTo(3);
        }
    }
}

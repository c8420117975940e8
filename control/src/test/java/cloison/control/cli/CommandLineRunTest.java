package cloison.control.cli;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.control.guest.CachedGuests;
import cloison.control.host.Host;
import cloison.control.host.ScriptedHost;
import cloison.control.host.ScriptedHost.Script;
import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.CpuName;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.GuestFacts;
import cloison.vm.run.Outcome;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CommandLineRunTest {
    @TempDir
    private Path folder;

    private final ScriptedHost host = new ScriptedHost();
    private ByteArrayOutputStream out = new ByteArrayOutputStream();
    private ByteArrayOutputStream err = new ByteArrayOutputStream();
    private InputStream in = InputStream.nullInputStream();
    private int signals;

    @BeforeEach
    void guestsAreCached() throws IOException {
        CachedGuests.fill(folder);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | a verb is needed; see 'cloison help'",
                "fly | there is no verb 'fly'; see 'cloison help'",
                "guest | a verb is needed: fetch or list; see 'cloison help guest'",
                "guest fetch | Missing required parameter: 'NAME'; see 'cloison help guest fetch'",
                "guest fetch debian-99 | there is no guest 'debian-99' to fetch; use debian-12-cloud or debian-12",
                "help fly | there is no verb 'fly'; see 'cloison help'",
                "run | run needs a kernel; pass --kernel FILE",
                "run --fly | there is no option '--fly'; see 'cloison help run'",
                "run --kernel k l | the argument 'l' is one too many; see 'cloison help run'",
                "run --kernel k --memory 512 | the memory size '512' is malformed; write it like 512M or 2G",
                "run --kernel k --memory 1M | partition guest cannot have 1048576 bytes of memory; give it whole MiB, from 16M to 64G",
                "run --kernel k --cpus 0 | partition guest cannot have 0 processors; give it 1 to 64",
                "run --kernel k --cpu v4 | there is no processor model 'v4'; use 'v2', 'v3' or 'host'",
                "run --kernel k --cpus two | --cpus must be a whole number, not 'two'",
                "run --kernel k --engine kvm | there is no processor engine 'kvm'; use 'auto', 'translator' or 'interpreter'",
                "run --kernel k --timeout soon | the time 'soon' is malformed; write it like 120s or 2m",
                "run --kernel k --timeout 0 | the time '0' is malformed; write it like 120s or 2m",
                "run --kernel k --debug-exit 70000 | there is no I/O port '70000'; write 0 to 65535, for example 0xf4",
                "run --kernel k --nic lan | --nic cannot read 'lan'; write it like switch=lan,type=synthetic,mac=00:15:5d:00:00:01",
                "run --kernel k --nic type=synthetic | --nic needs a switch in 'type=synthetic'; write it like switch=lan",
                "run --kernel k --nic switch=a,switch=b | --nic has 'switch' twice in 'switch=a,switch=b'; give it once",
                "run --kernel k --nic switch=a,type=e1000 | there is no adapter type 'e1000'; use 'synthetic'",
                "run --kernel k --nic switch=a,vlan=4095 | there is no VLAN 4095; use 1 to 4094",
                "run --kernel k --nic switch=a,vlan=5-7 | there is no VLAN '5-7'; use 1 to 4094",
                "run --kernel k --nic switch=a,queues=5 | --nic cannot read 'queues=5'; write it like switch=lan,type=synthetic,mac=00:15:5d:00:00:01",
                "run --kernel k --nic switch=a,mac=00:15 | MAC address '00:15' is malformed: write six pairs of hex digits, for example 00:15:5d:00:00:01",
                "run --kernel k --nic switch=a,mac=02:00:00:00:00:01 --nic switch=a,mac=02-00-00-00-00-01 | the MAC address 02:00:00:00:00:01 is given twice; every adapter needs its own",
                "run --kernel k --name a/b | the partition name 'a/b' cannot be used; write up to 32 letters, digits and inner '-', '_' or '.'",
                "run --kernel k --trace /nowhere/t | cannot write the trace to /nowhere/t; name a file in a folder that you may write",
                "run --kernel k --pcap /nowhere/p | cannot write the captured frames to /nowhere/p; name a file in a folder that you may write",
                "run --kernel k --console /nowhere/c | cannot write the console to /nowhere/c; name a file in a folder that you may write",
                "run --kernel k --kernel l | option '--kernel' (FILE) should be specified only once; see 'cloison help run'",
                "up | Missing required parameter: 'LAB.yaml'; see 'cloison help up'",
                "up /nowhere.yaml | the lab file /nowhere.yaml is not there; check the path",
                "demo --timeout 5x | the time '5x' is malformed; write it like 120s or 2m",
            })
    void wrongUsageIsOneLineAndStatusTwo(String arguments, String line) {
        int status = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));

        assertThat(err()).isEqualTo("cloison: " + line + "\n");
        assertThat(status).isEqualTo(2);
        assertThat(out()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"cluster-ipi,cluster-ipi", "'+reset,-x',-x", "'',''"})
    void unknownPartsOfTheInterfaceAreToldWithThoseThatAre(String list, String wrong) {
        int status = run("run", "--kernel", "k", "--hyperv=" + list);

        assertThat(err())
                .startsWith("cloison: the hypervisor interface has no part '" + wrong
                        + "'; write +NAME or -NAME with one of ")
                .contains("reset, ", "cluster-ipi")
                .hasLineCount(1);
        assertThat(status).isEqualTo(2);
    }

    @Test
    void whatTheRoomBelowRefusesIsOneLineAndStatusTwo() {
        int status = run(
                (_, _) -> {
                    throw new ConfigurationException("kernel k: no such file; check the path");
                },
                "run",
                "--kernel",
                "k");

        assertThat(err()).isEqualTo("cloison: kernel k: no such file; check the path\n");
        assertThat(status).isEqualTo(2);
    }

    @Test
    void aFaultOfOursIsStatusOneWithItsTrace() {
        int status = run(
                (_, _) -> {
                    throw new IllegalStateException("a rule was broken");
                },
                "run",
                "--kernel",
                "k");

        assertThat(err()).startsWith("cloison: a fault of ours").contains("a rule was broken", "at cloison.");
        assertThat(status).isEqualTo(1);
    }

    @Test
    void aGuestSaysItsStatus() {
        assertThat(runs(new Outcome.PoweredOff())).isEqualTo(0);
        assertThat(runs(new Outcome.Crashed("triple fault", "rip 0\n"))).isEqualTo(3);
        assertThat(err()).contains("cloison: guest crashed: triple fault\nrip 0\n");
        assertThat(runs(new Outcome.Reset())).isEqualTo(3);
        assertThat(runs(new Outcome.DebugExit(33))).isEqualTo(33);
        assertThat(runs(new Outcome.Failed("a rule was broken", "trace"))).isEqualTo(1);
        assertThat(err()).contains("a fault of ours: a rule was broken");
        assertThat(runs(new Outcome.Stopped())).isEqualTo(130);
    }

    @Test
    void optionsReachThePartition() {
        run(
                "run",
                "--kernel",
                "/k",
                "--initrd",
                "/i",
                "--append",
                "console=hvc0",
                "--memory",
                "1G",
                "--cpus",
                "2",
                "--engine",
                "interpreter",
                "--cpu",
                "v3",
                "--hyperv=+reset,-reference-tsc",
                "--nic",
                "switch=lan,mac=00-15-5D-00-00-0A",
                "--nic",
                "switch=lan,vlan=10",
                "--nic",
                "switch=dmz",
                "--no-reboot",
                "--debug-exit",
                "0xf4",
                "--name",
                "web");

        PartitionConfig web = host.plan().partitions().getFirst();
        assertThat(web.name()).isEqualTo("web");
        assertThat(web.boot().kernel()).isEqualTo(Path.of("/k"));
        assertThat(web.boot().initrd()).isEqualTo(Path.of("/i"));
        assertThat(web.boot().append()).isEqualTo("console=hvc0");
        assertThat(web.memoryBytes()).isEqualTo(1L << 30);
        assertThat(web.cpus()).isEqualTo(2);
        assertThat(web.cpu()).isEqualTo(CpuName.V3);
        assertThat(web.hypervisor().features())
                .isEqualTo(Features.standard().with(Feature.RESET).without(Feature.REFERENCE_TSC));
        assertThat(web.noReboot()).isTrue();
        assertThat(web.debugExitPort()).isEqualTo(0xf4);
        assertThat(web.nics()).hasSize(3);
        assertThat(web.nics().getFirst().mac()).hasToString("00:15:5d:00:00:0a");
        assertThat(web.nics()).extracting(NicConfig::accessVlan).containsExactly(null, 10, null);
        assertThat(host.plan().switches())
                .extracting(one -> one.name() + one.type())
                .containsExactly("lanPRIVATE", "dmzPRIVATE");
    }

    @Test
    void theConsoleIsStandardInputAndOutput() {
        host.guest("guest", new Script("login: \u001b[6n", null));
        in = input("root\nq");

        int status = run("run", "--kernel", "k");

        assertThat(status).isEqualTo(0);
        assertThat(out()).isEqualTo("login: \u001b[6n");
        assertThat(host.typed("guest")).isEqualTo("root\nq");
        assertThat(host.closed()).isTrue();
    }

    @Test
    void recordingsGoToTheirFiles() throws IOException {
        host.guest("guest", new Script("hello\n", new Outcome.PoweredOff()));

        int status = run("run", "--kernel", "k", "--console", file("c"), "--trace", file("t"), "--pcap", file("p"));

        assertThat(status).isEqualTo(0);
        assertThat(out()).isEmpty();
        assertThat(Files.readString(folder.resolve("c"))).isEqualTo("hello\n");
        assertThat(Files.readString(folder.resolve("t"))).isEqualTo("guest was traced" + System.lineSeparator());
        assertThat(Files.size(folder.resolve("p"))).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"--console,the console", "--trace,the trace", "--pcap,the captured frames"})
    void aFileThatCannotBeWrittenAnyMoreIsOneLine(String option, String what) {
        host.guest("guest", new Script("hello\n", new Outcome.PoweredOff()));

        int status = run("run", "--kernel", "k", option, "/dev/full");

        assertThat(err())
                .isEqualTo("cloison: cannot write " + what
                        + " to /dev/full: No space left on device; free some space, or name a file elsewhere\n");
        assertThat(status).isEqualTo(2);
    }

    @Test
    void aFileThatCannotBeWrittenAnyMoreStopsTheGuests() {
        host.guest("server", new Script("", null)).guest("client", new Script("", null));

        int status = run("up", "../examples/two-guests.yaml", "--pcap", "/dev/full");

        assertThat(err()).startsWith("cloison: cannot write the captured frames to /dev/full: ");
        assertThat(err().lines()).hasSize(1);
        assertThat(status).isEqualTo(2);
    }

    @Test
    void aGuestThatTakesTooLongIsStatus124() {
        host.guest("guest", new Script("", null));

        int status = run("run", "--kernel", "k", "--timeout", "1s");

        assertThat(status).isEqualTo(124);
        assertThat(err()).isEqualTo("cloison: guest did not end within 1 s and was stopped\n");
    }

    @Test
    void aSignalAsksTheGuestToShutDown() {
        host.guest("guest", new Script("", null));
        signals = 1;

        int status = run("run", "--kernel", "k");

        assertThat(status).isEqualTo(0);
        assertThat(err())
                .isEqualTo("cloison: asking guest to shut down; once more stops at once\ncloison: guest powered off\n");
    }

    @Test
    void aSecondSignalStopsGuestsThatLinger() {
        host.guest("server", asked(ScriptedHost.Asked.LINGERS)).guest("client", asked(ScriptedHost.Asked.LINGERS));
        signals = 2;

        int status = run("up", "../examples/two-guests.yaml");

        assertThat(status).isEqualTo(130);
        assertThat(err().lines())
                .containsExactly(
                        "cloison: asking server, client to shut down; once more stops at once",
                        "cloison: server was stopped",
                        "cloison: client was stopped");
    }

    @Test
    void aGuestThatCannotBeAskedIsStopped() {
        host.guest("guest", asked(ScriptedHost.Asked.IS_DEAF));
        signals = 1;

        assertThat(run("run", "--kernel", "k")).isEqualTo(130);
        assertThat(err().lines())
                .containsExactly(
                        "cloison: asking guest to shut down; once more stops at once",
                        "cloison: guest is stopped at once: nothing in it listens",
                        "cloison: guest was stopped");
    }

    private static Script asked(ScriptedHost.Asked asked) {
        return new Script("", null, new GuestFacts(null, 0, 0, List.of()), asked);
    }

    @Test
    void aLabPrefixesEveryLineAndEndsWithTheWorstStatus() throws IOException {
        host.guest("server", new Script("one\r\ntwo", new Outcome.PoweredOff()))
                .guest("client", new Script("three\n", new Outcome.Crashed("panic", "registers")));

        int status = run("up", "../examples/two-guests.yaml");

        assertThat(status).isEqualTo(3);
        assertThat(out().lines()).containsExactlyInAnyOrder("server: one", "server: two", "client: three");
        assertThat(err().lines())
                .containsExactly("cloison: server powered off", "cloison: client crashed: panic", "registers");
    }

    @Test
    void everythingWrongWithALabIsALineOfItsOwn() throws IOException {
        Path lab = Files.writeString(folder.resolve("lab.yaml"), "partitions:\n  web: {boot: x, cpus: 0}\n");

        int status = run("up", lab.toString());

        assertThat(status).isEqualTo(2);
        assertThat(err().lines()).hasSize(2).allSatisfy(line -> assertThat(line).startsWith(lab + ":2: "));
    }

    @Test
    void theDemonstrationIsStatusZeroOnlyIfAllHeld() {
        demonstrationGoesWell("10");
        assertThat(run("demo")).isEqualTo(0);
        assertThat(out()).contains("all checks held", "10 (guest = NetVSP = switch)", "server to client: 95.0 Mbit/s");

        demonstrationGoesWell("11");
        assertThat(run("demo")).isEqualTo(1);
        assertThat(out())
                .contains("FAILED: client, NetVSP and the switch agree on what was sent"
                        + " (guest 11, NetVSP 10, switch 10)");
    }

    @Test
    void theDemonstrationsReportIsJsonForAProgram() {
        demonstrationGoesWell("10");

        int status = run("demo", "--json");

        JsonNode report = JsonMapper.shared().readTree(out());
        assertThat(status).isEqualTo(0);
        assertThat(report.get("held").asBoolean()).isTrue();
        assertThat(report.get("ping").get("medianMillis").asDouble()).isEqualTo(0.4);
        assertThat(report.get("ping").get("minMillis").asDouble()).isEqualTo(0.3);
        assertThat(report.get("transfers").get(0).get("megabitsPerSecond").asDouble())
                .isEqualTo(90.5);
        assertThat(report.get("guests").get(1).get("sent").get("guest").asLong())
                .isEqualTo(10);
        assertThat(err()).contains("client: agreed on VMBus 5.3");
    }

    @Test
    void aDemonstrationWhoseGuestCrashesHasTheCrashsStatus() {
        demonstrationGoesWell("10");
        host.guest("server", new Script("", new Outcome.Crashed("triple fault", "registers")));

        assertThat(run("demo")).isEqualTo(3);
        assertThat(err()).contains("cloison: server crashed: triple fault");
    }

    @Test
    void guestsAreListedForPeopleAndPrograms() {
        assertThat(run("guest", "list")).isEqualTo(0);
        assertThat(out()).contains("debian-12-cloud   Debian 12, its cloud kernel", "6.1.0-1-amd64");

        assertThat(run("guest", "list", "--json")).isEqualTo(0);
        JsonNode list = JsonMapper.shared().readTree(out());
        assertThat(list.get(0).get("kernel").asString()).endsWith("cloison/guests/debian-12-cloud/vmlinuz");
    }

    @Test
    void aCachedGuestIsNotFetchedAgain() {
        assertThat(run("guest", "fetch", "debian-12-cloud")).isEqualTo(0);
        assertThat(out()).contains("debian-12-cloud is Linux 6.1.0-1-amd64", "vmlinuz", "initrd");
        assertThat(err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"demo", "run", "up", "ps", "inspect", "guest", "guest fetch", "guest list"})
    void everyVerbIsExplainedWithExamples(String verb) {
        int status = run(("help " + verb).split(" "));

        assertThat(status).isEqualTo(0);
        assertThat(out()).contains("Usage: cloison " + verb, "Example");
        assertThat(out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(120));
    }

    @Test
    void theVersionIsPrinted() {
        assertThat(run("--version")).isEqualTo(0);
        assertThat(out()).startsWith("cloison ");
    }

    private void demonstrationGoesWell(String sent) {
        host.guest(
                "server",
                new Script(said("00:15:5d:00:00:01", "", "12", "10"), new Outcome.PoweredOff(), facts("01", 12, 10)));
        String talk = """
                @cloison ping 0.500
                @cloison ping 0.300
                [    5.0] noise @cloison ping 0.400
                @cloison sent 90500000
                @cloison received 95000000
                """;
        host.guest(
                "client",
                new Script(said("00:15:5d:00:00:02", talk, sent, "12"), new Outcome.PoweredOff(), facts("02", 10, 12)));
    }

    private static String said(String mac, String talk, String sent, String received) {
        return """
                @cloison init 2.5
                @cloison vmbus 5.3
                @cloison mac %s
                @cloison clocksource hyperv_clocksource_tsc_page
                @cloison up 3.1
                %s@cloison counter tx_packets %s
                @cloison counter rx_packets %s
                @cloison complaints 0
                @cloison end done
                """.formatted(mac, talk, sent, received);
    }

    private static GuestFacts facts(String mac, long sent, long received) {
        GuestFacts.Nic nic = new GuestFacts.Nic("lan", "00:15:5d:00:00:" + mac, sent, received, sent, received, 0);
        return new GuestFacts("5.3", 5, 5, List.of(nic));
    }

    private int runs(Outcome outcome) {
        host.guest("guest", new Script("", outcome));
        return run("run", "--kernel", "k");
    }

    private int run(String... arguments) {
        return run(host, arguments);
    }

    private int run(Host on, String... arguments) {
        out = new ByteArrayOutputStream();
        err = new ByteArrayOutputStream();
        Map<String, String> environment = Map.of("XDG_CACHE_HOME", folder.toString());
        return new CommandLineRun(new Surroundings(environment, in, out, err, "", this::listen, on)).run(arguments);
    }

    /// As often as a test wants, the operator wants the program to end.
    private Signals.Listening listen(Runnable action) {
        for (int i = 0; i < signals; i++) {
            action.run();
        }
        return () -> {};
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private static InputStream input(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}

package cloison.control.cli;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.control.host.Observers;
import cloison.control.host.RunningLab;
import cloison.control.host.ScriptedHost;
import cloison.control.socket.ListeningHost;
import cloison.vm.config.BootSource;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `ps` and `inspect` beside labs that run in this process.
class InspectTest {
    @TempDir
    private Path runtime;

    private final ScriptedHost host = new ScriptedHost();
    private final List<RunningLab> labs = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private ByteArrayOutputStream out = new ByteArrayOutputStream();
    private ByteArrayOutputStream err = new ByteArrayOutputStream();

    @AfterEach
    void labsEnd() {
        labs.forEach(RunningLab::close);
    }

    private Map<String, String> environment() {
        return Map.of("XDG_RUNTIME_DIR", runtime.toString());
    }

    private ListeningHost listening() {
        return new ListeningHost(host, environment(), notices::add);
    }

    private void runs(String lab, String... partitions) {
        List<PartitionConfig> configs = Stream.of(partitions)
                .map(name -> new PartitionConfig(
                        name,
                        64 * PartitionConfig.MIB,
                        2,
                        EngineName.AUTO,
                        new BootSource(Path.of("k"), null, ""),
                        List.of(),
                        false,
                        null))
                .toList();
        LabPlan plan = new LabPlan(lab, List.of(new SwitchConfig("lan", SwitchConfig.type("private"))), configs);
        labs.add(listening().create(plan, new Observers(_ -> _ -> true, null, null)));
    }

    private int run(String... arguments) {
        out = new ByteArrayOutputStream();
        err = new ByteArrayOutputStream();
        return new CommandLineRun(new Surroundings(
                        environment(), InputStream.nullInputStream(), out, err, "", _ -> () -> {}, listening()))
                .run(arguments);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void labsAreListedWithTheirPartitions() {
        runs("shop", "web", "db");
        runs("guest", "guest");

        assertThat(run("ps")).isZero();
        assertThat(out().lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactly(
                        "LAB PARTITION STATE ENGINE PROCESSORS MEMORY UPTIME",
                        "guest guest running scripted 2 64 MiB 1.5 s",
                        "shop web running scripted 2 64 MiB 1.5 s",
                        "shop db running scripted 2 64 MiB 1.5 s");
    }

    @Test
    void labsAreListedForPrograms() {
        runs("shop", "web", "db");

        assertThat(run("ps", "--json")).isZero();
        JsonNode list = JsonMapper.shared().readTree(out());
        assertThat(list).hasSize(1);
        assertThat(list.get(0).get("lab").asString()).isEqualTo("shop");
        assertThat(list.get(0).get("process").asLong())
                .isEqualTo(ProcessHandle.current().pid());
        assertThat(list.at("/0/partitions/1"))
                .isEqualTo(JsonMapper.shared()
                        .readTree("{\"name\": \"db\", \"state\": \"running\", \"engine\": \"scripted\","
                                + " \"processors\": 2, \"memoryBytes\": 67108864, \"uptimeSeconds\": 1.5}"));
    }

    @Test
    void withoutLabsTheListIsEmpty() {
        assertThat(run("ps", "--json")).isZero();
        assertThat(out()).isEqualToIgnoringWhitespace("[]");
        assertThat(run("ps")).isZero();
        assertThat(out()).startsWith("LAB ").hasLineCount(1);
    }

    @Test
    void withoutAPathTheTopIsShown() {
        runs("guest", "guest");

        assertThat(run("inspect")).isZero();
        assertThat(out()).isEqualTo("""
                guest/
                  state       running
                  engine      scripted
                  processors  2
                  memory      67108864 bytes
                  uptime      1.5 seconds
                  last-words  good?[2Jbye
                  link        true
                  vp/
                  nics/
                switches/
                  lan  PRIVATE
                """);
    }

    @Test
    void aGroupIsShownWithAllThatIsInIt() {
        runs("guest", "guest");

        assertThat(run("inspect", "guest/vp")).isZero();
        assertThat(out()).isEqualTo("0/\n  exits/\n    access  7 times\n");
    }

    @Test
    void aValueIsShownAlone() {
        runs("guest", "guest");

        assertThat(run("inspect", "guest/vp/0/exits/access")).isZero();
        assertThat(out()).isEqualTo("7\n");
        assertThat(run("inspect", "/guest/link/", "--json")).isZero();
        assertThat(out()).isEqualTo("true\n");
    }

    @Test
    void programsGetValuesInTheirOrder() {
        runs("guest", "guest");

        assertThat(run("inspect", "--json")).isZero();
        assertThat(JsonMapper.shared().readTree(out()))
                .hasToString(
                        "{\"guest\":{\"state\":\"running\",\"engine\":\"scripted\",\"processors\":2,\"memory\":67108864,"
                                + "\"uptime\":1.5,\"last-words\":\"good\\u001B[2Jbye\",\"link\":true,"
                                + "\"vp\":{\"0\":{\"exits\":{\"access\":7}}},\"nics\":{}},\"switches\":{\"lan\":\"PRIVATE\"}}");
    }

    @Test
    void ofSeveralLabsOneIsNamed() {
        runs("shop", "web");
        runs("guest", "guest");

        assertThat(run("inspect", "--lab", "shop", "web/link")).isZero();
        assertThat(out()).isEqualTo("true\n");
        isRefused("several labs run; name one of them with --lab: guest, shop", "inspect", "web/link");
        isRefused("no lab 'mail' runs; there is guest, shop", "inspect", "--lab", "mail");
    }

    @Test
    void labsOfOneNameAreKeptApart() {
        runs("guest", "one");
        runs("guest", "two");

        assertThat(notices)
                .containsExactly(
                        "another lab is called 'guest'; 'cloison ps' and 'cloison inspect' know this one as 'guest-2'");
        assertThat(run("inspect", "--lab", "guest-2", "two/link")).isZero();
        labs.removeFirst().close();
        assertThat(run("inspect", "two/link")).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "web | there is no 'web' in lab 'guest'; there is guest, switches",
                "guest/vp/7 | there is no '7' in guest/vp; there is 0",
                "guest/nics/0 | there is no '0' in guest/nics; there is nothing in it now",
                "guest/state/x | guest/state is a value; there is no 'x' in it",
            })
    void aPathThatIsNotThereIsToldWithWhatThereIs(String path, String problem) {
        runs("guest", "guest");

        isRefused(problem, "inspect", path);
    }

    @Test
    void withoutALabOneIsToldHowToStartOne() {
        isRefused(
                "no lab runs; start one with 'cloison run', 'up' or 'demo', and inspect it from another terminal",
                "inspect");
        runs("guest", "guest");
        labs.removeFirst().close();
        isRefused(
                "no lab runs; start one with 'cloison run', 'up' or 'demo', and inspect it from another terminal",
                "inspect",
                "guest");
    }

    private void isRefused(String line, String... arguments) {
        assertThat(run(arguments)).isEqualTo(2);
        assertThat(err()).isEqualTo("cloison: " + line + "\n");
        assertThat(out()).isEmpty();
    }

    @Test
    void aLabThatNobodyCanReachRunsNevertheless() throws IOException {
        Path open = Files.createDirectory(runtime.resolve("cloison"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));

        assertThat(run("run", "--kernel", "k")).isZero();
        assertThat(notices)
                .containsExactly("'cloison ps' and 'cloison inspect' will not find lab 'guest': " + open
                        + ": is not a folder of this user alone (mode 700)");
        isRefused(
                "running labs cannot be looked for: " + open + ": is not a folder of this user alone (mode 700)",
                "inspect");
    }

    @Test
    void aLabThatHasEndedIsGone() throws IOException {
        assertThat(run("run", "--kernel", "k")).isZero();

        assertThat(notices).isEmpty();
        assertThat(host.closed()).isTrue();
        assertThat(runtime.resolve("cloison/guest.sock")).doesNotExist();
        assertThat(runtime.resolve("cloison")).isDirectory();
    }
}

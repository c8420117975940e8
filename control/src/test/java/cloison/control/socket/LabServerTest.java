package cloison.control.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.control.host.RunningGuest;
import cloison.control.host.RunningLab;
import cloison.vm.config.ConfigurationException;
import cloison.vm.inspect.Inspection;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class LabServerTest {
    /// With any client, as long as it takes.
    private static final LabServer.Patience ENDLESS = Thread::join;

    @TempDir
    private Path runtime;

    private LabFolder folder;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final AtomicInteger clients = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<String> notices = new ArrayList<>();
    private volatile Supplier<Inspection.Group> look =
            () -> group(Map.of("web", group(Map.of("up", new Inspection.Flag(true)))));

    @BeforeEach
    void aUserHasAFolder() throws IOException {
        folder = LabFolder.of(Map.of("XDG_RUNTIME_DIR", runtime.toString()));
    }

    @AfterEach
    void allIsClosed() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private static Inspection.Group group(Map<String, ? extends Inspection> parts) {
        return new Inspection.Group(new LinkedHashMap<>(parts));
    }

    private LabServer serve(LabServer.Patience patience) throws IOException {
        RunningLab lab = new RunningLab() {
            @Override
            public List<RunningGuest> guests() {
                return List.of();
            }

            @Override
            public Inspection.Group inspect() {
                return look.get();
            }

            @Override
            public void close() {}
        };
        LabServer server = LabServer.open(folder, "web", lab, notices::add, patience);
        open.add(server);
        return server;
    }

    /// Has patience with as many clients as are served at once until the test says so, and with all others.
    private void untilTheFirstOnesAreOver(Thread client) throws InterruptedException {
        if (clients.getAndIncrement() < LabServer.CLIENTS) {
            over.await();
        } else {
            client.join();
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(folder.address("web"));
        open.add(channel);
        return channel;
    }

    private SocketChannel send(String text) throws IOException {
        SocketChannel channel = connect();
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        return channel;
    }

    private static String rest(SocketChannel channel) throws IOException {
        return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    }

    private JsonNode asked(String request) throws IOException {
        String answer = rest(send(request + "\n"));
        assertThat(answer).endsWith("\n").hasLineCount(1);
        return JsonMapper.shared().readTree(answer);
    }

    private void theLabAnswers() throws IOException {
        assertThat(asked("{\"inspect\": \"web/up\"}").at("/found/value").booleanValue())
                .isTrue();
    }

    @Test
    void anAnswerHasTheLabItsProcessAndWhatWasFound() throws IOException {
        serve(ENDLESS);

        JsonNode answer = asked("{\"inspect\": \"web\"}");

        assertThat(answer)
                .isEqualTo(JsonMapper.shared()
                        .readTree(
                                "{\"lab\": \"web\", \"process\": %d, \"found\": {\"parts\": {\"up\": {\"value\": true}}}}"
                                        .formatted(ProcessHandle.current().pid())));
    }

    @Test
    void countsAndTimesHaveUnits() throws IOException {
        look = () ->
                group(Map.of("count", new Inspection.Count(7, "frames"), "time", new Inspection.Time(1_234_567_890)));
        serve(ENDLESS);

        assertThat(asked("{\"inspect\": \"count\"}").get("found")).hasToString("{\"value\":7,\"unit\":\"frames\"}");
        assertThat(asked("{\"inspect\": \"/time/\"}").get("found"))
                .hasToString("{\"value\":1.235,\"unit\":\"seconds\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mail | there is no 'mail' in lab 'web'; there is web",
                "web/down | there is no 'down' in web; there is up",
                "web/up/1 | web/up is a value; there is no '1' in it",
            })
    void anUnknownPathIsToldWithWhatThereIs(String path, String problem) throws IOException {
        serve(ENDLESS);

        assertThat(asked("{\"inspect\": \"%s\"}".formatted(path)).get("problem").asString())
                .isEqualTo(problem);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "null",
                "7",
                "\"inspect\"",
                "{\"inspect\": 7}",
                "{\"inspect\": \"\", \"more\": 1}",
                "{\"destroy\": \"web\"}",
                "{\"inspect\"",
                "inspect web",
                "\u0000\u0007",
                " "
            })
    void aRequestThatCannotBeReadIsToldSo(String request) throws IOException {
        serve(ENDLESS);

        assertThat(asked(request).get("problem").asString()).startsWith("a ");
        theLabAnswers();
    }

    @Test
    void aRequestWithoutEndIsCut() throws IOException {
        serve(ENDLESS);

        SocketChannel client = send("[".repeat(LabServer.LONGEST_REQUEST));

        assertThat(rest(client)).contains("\"problem\":\"a request must be a line of JSON\"");
        theLabAnswers();
    }

    @Test
    void aClientThatAsksNothingGetsNothing() throws IOException {
        serve(ENDLESS);

        SocketChannel client = connect();
        client.shutdownOutput();

        assertThat(rest(client)).isEmpty();
    }

    @Test
    void aClientThatSaysNothingIsEnded() throws IOException {
        serve(_ -> {});

        assertThat(rest(connect())).isEmpty();
    }

    @Test
    void clientsThatSayNothingKeepNobodyElseOut() throws IOException {
        serve(this::untilTheFirstOnesAreOver);
        for (int i = 0; i < LabServer.CLIENTS; i++) {
            send("{\"inspect\": ");
        }

        over.countDown();

        theLabAnswers();
    }

    @Test
    void clientsThatDoNotReadKeepNobodyElseOut() throws IOException {
        Supplier<Inspection.Group> small = look;
        Inspection.Text large = new Inspection.Text("x".repeat(8 << 20));
        look = () -> group(Map.of("large", large));
        serve(this::untilTheFirstOnesAreOver);
        for (int i = 0; i < LabServer.CLIENTS; i++) {
            // Its answer has begun.
            assertThat(send("{\"inspect\": \"\"}\n").read(ByteBuffer.allocate(1)))
                    .isOne();
        }

        look = small;
        over.countDown();

        theLabAnswers();
    }

    @Test
    void aFaultOfOursIsAnAnswer() throws IOException {
        look = () -> {
            throw new IllegalStateException("a rule was broken");
        };
        serve(ENDLESS);

        assertThat(asked("{\"inspect\": \"\"}").get("problem").asString())
                .isEqualTo("a fault of ours; please report it: java.lang.IllegalStateException: a rule was broken");
    }

    @Test
    void aClosedServerLeavesNothing() throws IOException {
        LabServer server = serve(ENDLESS);

        server.close();
        server.close();

        assertThat(folder.file("web")).doesNotExist();
        assertThat(folder.labs()).isEmpty();
        assertThat(notices).isEmpty();
    }

    @Test
    void aSecondLabOfANameIsToldItsOther() throws IOException {
        serve(ENDLESS);
        serve(ENDLESS);

        assertThat(notices)
                .containsExactly(
                        "another lab is called 'web'; 'cloison ps' and 'cloison inspect' know this one as 'web-2'");
        assertThat(folder.labs()).containsExactly("web", "web-2");
    }

    @Test
    void aLabThatDoesNotAnswerIsToldSo() throws IOException {
        open.add(folder.claim("mute").socket());
        LabClient client = new LabClient(folder, Duration.ofMillis(50));

        assertThatThrownBy(() -> client.inspect("mute", ""))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("lab 'mute' does not answer; look whether its process is stopped, or ask again");
    }

    @Test
    void aLabThatHasEndedMeanwhileIsToldSo() throws IOException {
        folder.claim("gone").socket().close();
        LabClient client = new LabClient(folder, Duration.ofMinutes(10));

        assertThatThrownBy(() -> client.inspect("gone", ""))
                .hasMessage("lab 'gone' has just ended; see 'cloison ps'")
                .hasCauseInstanceOf(ConnectException.class);
    }
}

package cloison.control.socket;

import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// Asks the running labs of the user.
///
/// **Owner:** the thread that asks.
public final class LabClient {
    private static final JsonMapper MAPPER = JsonMapper.shared();
    /// Longer than a lab may be busy with clients that do not end.
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int LONGEST_ANSWER = 64 << 20;

    private final LabFolder folder;
    private final Duration patience;

    /// A client of the labs in `folder`, each of which may take `patience` to answer.
    LabClient(LabFolder folder, Duration patience) {
        this.folder = folder;
        this.patience = patience;
    }

    /// {@return a client of the labs of the user with these environment variables}
    ///
    /// @throws ConfigurationException if this host does not say who the user is
    public static LabClient of(Map<String, String> environment) {
        try {
            return new LabClient(LabFolder.of(environment), PATIENCE);
        } catch (IOException unknown) {
            throw unreadable(unknown);
        }
    }

    /// {@return the names of the labs that run, in order}
    ///
    /// @throws ConfigurationException if their folder cannot be read, or trusted
    public List<String> labs() {
        try {
            return folder.labs();
        } catch (IOException refused) {
            throw unreadable(refused);
        }
    }

    private static ConfigurationException unreadable(IOException why) {
        return new ConfigurationException("running labs cannot be looked for: " + why.getMessage(), why);
    }

    /// What a lab found.
    ///
    /// @param process the number of the lab's process
    /// @param found the thing: an object with `parts`, objects by name, or with a `value` and perhaps its `unit`
    public record Found(long process, JsonNode found) {}

    /// {@return what the lab called `lab` has at `path`}
    ///
    /// @throws ConfigurationException if there is no such thing, or the lab does not answer
    public Found inspect(String lab, String path) {
        String request =
                MAPPER.writeValueAsString(JsonNodeFactory.instance.objectNode().put("inspect", path));
        try {
            JsonNode answer = MAPPER.readTree(ask(lab, request));
            JsonNode found = answer.path("found");
            if (found.isObject()) {
                return new Found(answer.path("process").asLong(0), found);
            }
            throw new ConfigurationException(
                    answer.path("problem").asString("lab '" + lab + "' is of another version of this program"));
        } catch (ConnectException ended) {
            throw new ConfigurationException("lab '" + lab + "' has just ended; see 'cloison ps'", ended);
        } catch (IOException | JacksonException silent) {
            throw new ConfigurationException(
                    "lab '" + lab + "' does not answer; look whether its process is stopped, or ask again", silent);
        }
    }

    private String ask(String lab, String request) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            Thread.ofVirtual().name(lab + "/patience").start(() -> limit(channel));
            channel.connect(folder.address(lab));
            ByteBuffer bytes = ByteBuffer.wrap((request + '\n').getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return new String(Channels.newInputStream(channel).readNBytes(LONGEST_ANSWER), StandardCharsets.UTF_8);
        }
    }

    private void limit(SocketChannel channel) {
        try (channel) {
            Thread.sleep(patience);
        } catch (IOException | InterruptedException e) {
            // It is closed, which is all that is wanted.
        }
    }
}

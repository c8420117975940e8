package cloison.control.socket;

import cloison.control.host.RunningLab;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Lets other processes look at a lab while it runs.
///
/// A client has one request, and a limited time for all of it; a limited number of clients is served at once, and
/// others wait in the socket's queue. So none takes more than its share, whatever it does.
///
/// **Owner:** a virtual thread that accepts, and two for each client: one serves it, one ends it when its time is
/// over.
final class LabServer implements AutoCloseable {
    /// The longest request, in bytes.
    static final int LONGEST_REQUEST = 4096;

    /// Clients served at once.
    static final int CLIENTS = 8;

    private static final Duration TIME = Duration.ofSeconds(5);

    /// How long a client may take.
    interface Patience {
        /// Returns when `client`, the thread that serves it, has ended or its time is over.
        void await(Thread client) throws InterruptedException;
    }

    // wiring
    private final String name;
    private final ServerSocketChannel socket;
    private final Path file;
    private final LabAnswers answers;
    private final Patience patience;
    private final Consumer<String> notices;
    private final Thread atExit = Thread.ofPlatform().unstarted(this::remove);

    // state
    private final Semaphore free = new Semaphore(CLIENTS);
    private boolean closed;

    private LabServer(
            LabFolder folder, LabFolder.Claim claim, RunningLab lab, Patience patience, Consumer<String> notices) {
        this.name = claim.name();
        this.socket = claim.socket();
        this.file = folder.file(name);
        this.answers = new LabAnswers(name, lab::inspect);
        this.patience = patience;
        this.notices = notices;
    }

    /// {@return a server of `lab`}
    ///
    /// @param wanted the lab's name; if another lab has it already, `notices` hears which one it is given
    /// @param notices hears lines for people
    /// @throws IOException if other processes cannot be let in
    static LabServer open(LabFolder folder, String wanted, RunningLab lab, Consumer<String> notices)
            throws IOException {
        return open(folder, wanted, lab, notices, client -> client.join(TIME));
    }

    /// {@return the same, with clients that have `patience`}
    static LabServer open(LabFolder folder, String wanted, RunningLab lab, Consumer<String> notices, Patience patience)
            throws IOException {
        LabFolder.Claim claim = folder.claim(wanted);
        LabServer server = new LabServer(folder, claim, lab, patience, notices);
        if (claim.changed()) {
            notices.accept("another lab is called '" + wanted
                    + "'; 'cloison ps' and 'cloison inspect' know this one as '" + claim.name() + "'");
        }
        Runtime.getRuntime().addShutdownHook(server.atExit);
        Thread.ofVirtual().name(claim.name() + "/socket").start(server::accept);
        return server;
    }

    private void accept() {
        try {
            while (true) {
                free.acquire();
                SocketChannel client = socket.accept();
                Thread serving = Thread.ofVirtual().name(name + "/client").start(() -> serve(client));
                Thread.ofVirtual().name(name + "/patience").start(() -> limit(client, serving));
            }
        } catch (ClosedChannelException ended) {
            // Nobody is let in any more.
        } catch (IOException refused) {
            notices.accept("lab '" + name + "' cannot be inspected any more: " + refused.getMessage());
            close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel client) {
        try (client) {
            String request = read(client);
            if (request != null) {
                write(client, answers.answer(request));
            }
        } catch (IOException gone) {
            // The client's own affair.
        } finally {
            free.release();
        }
    }

    private void limit(SocketChannel client, Thread serving) {
        try (client) {
            patience.await(serving);
        } catch (IOException | InterruptedException e) {
            // It is closed, which is all that is wanted.
        }
    }

    /// {@return the request, or null if the client had none}
    private static @Nullable String read(SocketChannel from) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(LONGEST_REQUEST);
        int line = -1;
        while (line < 0 && bytes.hasRemaining() && from.read(bytes) >= 0) {
            line = lineEnd(bytes);
        }
        int length = line < 0 ? bytes.position() : line;
        return length == 0 ? null : new String(bytes.array(), 0, length, StandardCharsets.UTF_8);
    }

    private static int lineEnd(ByteBuffer in) {
        for (int i = 0; i < in.position(); i++) {
            if (in.get(i) == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static void write(SocketChannel to, String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + '\n').getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    /// Lets nobody in any more and takes the socket away; without effect the second time.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        // In this order: while the file is there somebody listens, and nobody else takes the name.
        remove();
        try {
            socket.close();
        } catch (IOException e) {
            notices.accept("the socket of lab '" + name + "' cannot be closed: " + e.getMessage());
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException shuttingDown) {
            // Then it finds nothing to do.
        }
    }

    private void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            notices.accept("the socket " + file + " cannot be removed: " + e.getMessage());
        }
    }
}

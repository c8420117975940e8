package cloison.control.socket;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/// The folder with the sockets of one user's running labs, each called after its lab.
///
/// Whoever claims a name or clears up holds the lock of a file in it, so that a name has one lab, and a socket that a
/// dead process left behind is taken away by one.
///
/// **Owner:** any thread, any process of the user.
public final class LabFolder {
    private static final String SOCKET = ".sock";
    private static final String LOCK = ".lock";
    private static final int LONGEST = 48;
    private static final long PATIENCE_NANOS = 2_000_000_000L;
    private static final long PAUSE_NANOS = 10_000_000L;

    /// Held by threads of this process before the file's lock, which would refuse the second of them.
    private static final ReentrantLock HELD = new ReentrantLock();

    private final Path folder;
    private final Object user;

    /// A folder that may not be there yet.
    ///
    /// @param user the number of the user whom it must belong to
    LabFolder(Path folder, Object user) {
        this.folder = folder;
        this.user = user;
    }

    /// {@return the user's folder: `$XDG_RUNTIME_DIR/cloison`, or `/tmp/cloison-UID` if that does not name one}
    public static LabFolder of(Map<String, String> environment) throws IOException {
        Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        String runtime = environment.get("XDG_RUNTIME_DIR");
        Path folder = runtime == null || !Path.of(runtime).isAbsolute()
                ? Path.of("/tmp", "cloison-" + user)
                : Path.of(runtime).resolve("cloison");
        return new LabFolder(folder, user);
    }

    /// {@return the names of the labs that run, in order; clears up behind those that died}
    ///
    /// @throws IOException if the folder cannot be trusted or read
    public List<String> labs() throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        check();
        try (Hold _ = new Hold()) {
            return living();
        }
    }

    /// {@return where the lab called `name` listens}
    UnixDomainSocketAddress address(String name) {
        return UnixDomainSocketAddress.of(file(name));
    }

    /// {@return the socket file of the lab called `name`}
    Path file(String name) {
        return folder.resolve(name + SOCKET);
    }

    /// Claims a name for a lab: its own, or if another lab has that, its own with a number.
    ///
    /// @throws IOException if the folder cannot be made or trusted, or the socket cannot be made
    Claim claim(String wanted) throws IOException {
        make();
        String own = named(wanted);
        try (Hold _ = new Hold()) {
            List<String> taken = living();
            String name = own;
            for (int number = 2; taken.contains(name); number++) {
                name = own + "-" + number;
            }
            return new Claim(name, !name.equals(own), listen(name));
        }
    }

    /// A name that a lab has claimed.
    ///
    /// @param name the name
    /// @param changed whether another lab had the name that was wanted
    /// @param socket what listens
    record Claim(String name, boolean changed, ServerSocketChannel socket) {}

    private ServerSocketChannel listen(String name) throws IOException {
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.bind(address(name));
            Files.setPosixFilePermissions(file(name), PosixFilePermissions.fromString("rw-------"));
            return socket;
        } catch (IOException | RuntimeException refused) {
            socket.close();
            throw refused;
        }
    }

    /// {@return `name` as a file's name: a lab without a name of its own has that of its file, which may be anything}
    private static String named(String name) {
        String usable = name.replaceAll("[^A-Za-z0-9._-]", "-").replaceAll("^[.-]+", "");
        return usable.isEmpty() ? "lab" : usable.substring(0, Math.min(usable.length(), LONGEST));
    }

    /// {@return the labs that live; removes the sockets of the dead}
    private List<String> living() throws IOException {
        List<String> living = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + SOCKET)) {
            for (Path file : files) {
                if (dead(file)) {
                    Files.deleteIfExists(file);
                } else {
                    String name = file.getFileName().toString();
                    living.add(name.substring(0, name.length() - SOCKET.length()));
                }
            }
        } catch (DirectoryIteratorException unreadable) {
            throw unreadable.getCause();
        }
        living.sort(null);
        return living;
    }

    /// {@return whether nobody listens at `socket` any more}
    private static boolean dead(Path socket) throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // One that has no time for us lives too.
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(socket));
            return false;
        } catch (ConnectException refused) {
            return true;
        } catch (SocketException busyOrGone) {
            return !Files.exists(socket);
        }
    }

    private void make() throws IOException {
        try {
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException there) {
            check();
        }
    }

    /// Refuses a folder into which somebody else could put sockets.
    private void check() throws IOException {
        PosixFileAttributes found = Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
        boolean open = found.permissions().stream()
                .anyMatch(permission -> !permission.name().startsWith("OWNER_"));
        if (!found.isDirectory() || !user.equals(owner) || open) {
            throw new FileSystemException(folder.toString(), null, "is not a folder of this user alone (mode 700)");
        }
    }

    /// The lock of the folder, held.
    private final class Hold implements AutoCloseable {
        private final FileChannel lock;

        /// Waits for the lock, but not for ever: who holds it may have been stopped.
        Hold() throws IOException {
            HELD.lock();
            try {
                lock = FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                long start = System.nanoTime();
                while (lock.tryLock() == null) {
                    if (System.nanoTime() - start > PATIENCE_NANOS) {
                        lock.close();
                        throw new FileSystemException(folder.toString(), null, "another process does not let go of it");
                    }
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } catch (IOException | RuntimeException refused) {
                HELD.unlock();
                throw refused;
            }
        }

        @Override
        public void close() throws IOException {
            try {
                lock.close();
            } finally {
                HELD.unlock();
            }
        }
    }
}

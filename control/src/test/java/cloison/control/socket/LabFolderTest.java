package cloison.control.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class LabFolderTest {
    @TempDir
    private Path runtime;

    private LabFolder folder;
    private final List<LabFolder.Claim> claims = new ArrayList<>();

    @BeforeEach
    void aUserHasAFolder() throws IOException {
        folder = LabFolder.of(Map.of("XDG_RUNTIME_DIR", runtime.toString()));
    }

    @AfterEach
    void socketsAreClosed() throws IOException {
        for (LabFolder.Claim claim : claims) {
            claim.socket().close();
        }
    }

    private LabFolder.Claim claim(String name) throws IOException {
        LabFolder.Claim claim = folder.claim(name);
        claims.add(claim);
        return claim;
    }

    @Test
    void aLabHasASocketOfItsNameThatOnlyItsUserReaches() throws IOException {
        assertThat(folder.labs()).isEmpty();

        LabFolder.Claim claim = claim("web");

        assertThat(claim.name()).isEqualTo("web");
        assertThat(claim.changed()).isFalse();
        assertThat(folder.labs()).containsExactly("web");
        assertThat(mode(runtime.resolve("cloison"))).isEqualTo("rwx------");
        assertThat(mode(runtime.resolve("cloison/web.sock"))).isEqualTo("rw-------");
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void ofLabsThatWantTheSameNameTheLaterOnesHaveANumber() throws IOException {
        claim("web");

        assertThat(claim("web").name()).isEqualTo("web-2");
        assertThat(claim("web").changed()).isTrue();
        assertThat(folder.labs()).containsExactly("web", "web-2", "web-3");
    }

    @Test
    void labsThatStartAtOnceDoNotTakeEachOthersName() throws Exception {
        Files.createDirectory(
                runtime.resolve("cloison"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        leaveBehind("web");
        Callable<LabFolder.Claim> task = () -> folder.claim("web");

        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<LabFolder.Claim> each :
                    threads.invokeAll(Stream.generate(() -> task).limit(8).toList())) {
                claims.add(each.get());
            }
        }

        assertThat(folder.labs()).hasSize(8).contains("web", "web-8");
        assertThat(claims).extracting(LabFolder.Claim::name).doesNotHaveDuplicates();
    }

    @Test
    void aSocketThatADeadProcessLeftIsRemoved() throws IOException {
        claim("other");
        leaveBehind("web");

        assertThat(folder.labs()).containsExactly("other");
        assertThat(folder.file("web")).doesNotExist();

        leaveBehind("web");
        leaveBehind("mail");

        assertThat(claim("web").name()).isEqualTo("web");
        assertThat(folder.file("mail")).doesNotExist();
    }

    /// A process that is killed closes its socket and leaves the file.
    private void leaveBehind(String name) throws IOException {
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(folder.address(name))
                .close();
        assertThat(folder.file(name)).exists();
    }

    @ParameterizedTest
    @CsvSource({"my lab,my-lab", "../../etc/x,etc-x", "..,lab", "'',lab", "ü,lab"})
    void aNameThatIsNoFilesNameIsChangedToOne(String wanted, String name) throws IOException {
        assertThat(claim(wanted).name()).isEqualTo(name);
    }

    @Test
    void aNameThatIsTooLongIsCut() throws IOException {
        assertThat(claim("x".repeat(500)).name()).isEqualTo("x".repeat(48));
    }

    @ParameterizedTest
    @CsvSource({"rwxrwx---", "rwx---r-x", "rwx--x---"})
    void aFolderThatOthersReachIsRefused(String mode) throws IOException {
        Path open = Files.createDirectory(runtime.resolve("cloison"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString(mode));

        isRefused(folder);
    }

    @Test
    void aLinkInPlaceOfTheFolderIsRefused() throws IOException {
        Path elsewhere = Files.createDirectory(
                runtime.resolve("elsewhere"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createSymbolicLink(runtime.resolve("cloison"), elsewhere);

        isRefused(folder);
    }

    @Test
    void aFolderOfSomebodyElseIsRefused() throws IOException {
        claim("web");
        int user = (Integer) Files.getAttribute(runtime, "unix:uid");

        isRefused(new LabFolder(runtime.resolve("cloison"), user + 1));
    }

    private static void isRefused(LabFolder folder) {
        assertThatThrownBy(() -> folder.claim("web"))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("cloison: is not a folder of this user alone (mode 700)");
        assertThatThrownBy(folder::labs).hasMessageEndingWith("is not a folder of this user alone (mode 700)");
    }

    @ParameterizedTest
    @CsvSource({"XDG_RUNTIME_DIR,relative", "XDG_RUNTIME_DIR,''", "OTHER,/run"})
    void withoutARuntimeFolderTheUsersNumberNamesOne(String variable, String value) throws IOException {
        Object user = Files.getAttribute(runtime, "unix:uid");

        assertThat(LabFolder.of(Map.of(variable, value)).file("web")).hasToString("/tmp/cloison-" + user + "/web.sock");
    }
}

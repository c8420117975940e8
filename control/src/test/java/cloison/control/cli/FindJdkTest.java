package cloison.control.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindJdkTest {
    @TempDir
    private Path folder;

    @Test
    void theEnvironmentsJdkIsTakenIfItIsNewEnough() throws Exception {
        Path ours = jdk("ours", "25.0.9");

        assertThat(find(Map.of("JAVA_HOME", ours.toString()))).isEqualTo(ours.toString());
    }

    @Test
    void anOlderDefaultIsPassedOverForOneInAUsualFolder() throws Exception {
        Path old = jdk("old", "17.0.15");
        Path usual = jdk(".sdkman/candidates/java/25-tem", "25.0.3");
        // What the machine has besides comes first, and is a 25 too.
        String found = find(Map.of(
                "JAVA_HOME", old.toString(), "PATH", old.resolve("bin") + ":/usr/bin:/bin", "HOME", folder.toString()));

        assertThat(Files.readString(Path.of(found, "release"))).contains("JAVA_VERSION=\"25");
        assertThat(found).isNotEqualTo(old.toString());
        assertThat(usual).exists();
    }

    @Test
    void theCompilerOfThePathIsFollowedToItsJdk() throws Exception {
        Path ours = jdk("with space", "25");
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("javac"), ours.resolve("bin/javac"));

        assertThat(find(Map.of("PATH", bin + ":/usr/bin:/bin"))).isEqualTo(ours.toString());
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = folder.resolve(name);
        Files.createDirectories(home.resolve("bin"));
        for (String program : new String[] {"java", "javac"}) {
            Files.writeString(home.resolve("bin").resolve(program), "#!/bin/sh\n");
            assertThat(home.resolve("bin").resolve(program).toFile().setExecutable(true))
                    .isTrue();
        }
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home.toRealPath();
    }

    private String find(Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                "/bin/sh", "-euf", "-c", ". ../config/find-jdk.sh; cloison_find_jdk; printf %s \"$JAVA_HOME\"");
        builder.environment().clear();
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.environment().put("HOME", folder.toString());
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(0);
        return printed;
    }
}

package cloison.control.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AptSourcesTest {
    @TempDir
    private Path etc;

    @Test
    void linesOfTheReleaseAreTakenAndOthersLeft() throws IOException {
        put("sources.list", """
                # a comment
                deb http://mirror.example/debian bookworm main contrib
                deb-src http://mirror.example/debian bookworm main
                deb [signed-by=/k.gpg] http://mirror.example/security bookworm-security main
                deb http://mirror.example/debian bookworm-backports main
                deb http://other.example/apt stable main
                deb http://other.example/extras bookworm stable
                """);

        assertThat(AptSources.of(etc, "bookworm").lines().lines())
                .containsExactly(
                        "deb http://mirror.example/debian bookworm main contrib",
                        "deb [signed-by=/k.gpg] http://mirror.example/security bookworm-security main");
    }

    @Test
    void stanzasOfTheReleaseAreTakenWithTheirKeysAndOthersLeft() throws IOException {
        put("sources.list.d/debian.sources", """
                Types: deb deb-src
                # a comment
                URIs: http://mirror.example/debian
                Suites: bookworm bookworm-updates bookworm-backports
                Components: main non-free-firmware
                Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

                Types: deb
                URIs: http://other.example
                Suites: nodistro
                Components: main

                Enabled: no
                Types: deb
                URIs: http://disabled.example
                Suites: bookworm
                Components: main
                """);

        AptSources sources = AptSources.of(etc, "bookworm");

        assertThat(sources.lines()).isEmpty();
        assertThat(sources.stanzas().lines())
                .containsExactly(
                        "Types: deb",
                        "Suites: bookworm bookworm-updates",
                        "Components: main",
                        "URIs: http://mirror.example/debian",
                        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg");
    }

    @Test
    void aHostOfAnotherReleaseUsesDebiansServersWithDebiansKeys() throws IOException {
        Path keyRing = put("keys.gpg", "");

        assertThat(AptSources.debian("bookworm", keyRing).lines())
                .contains("deb [signed-by=" + keyRing + "] http://deb.debian.org/debian bookworm main\n")
                .contains("http://deb.debian.org/debian-security bookworm-security main\n");
    }

    @Test
    void aHostWithoutDebiansKeysIsToldWhatToPassInstead() {
        assertThatExceptionOfType(ConfigurationException.class)
                .isThrownBy(() -> AptSources.debian("bookworm", etc.resolve("none.gpg")))
                .withMessageContaining("debian-archive-keyring")
                .withMessageContaining("--kernel FILE --initrd FILE");
    }

    private Path put(String name, String text) throws IOException {
        Path file = etc.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }
}

package cloison.systemtests;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A stock kernel and the initial RAM disk that was made for it; fetched when no test before has done so.
///
/// @param kernel the kernel's file
/// @param initrd the RAM disk's file
record Guest(String kernel, String initrd) {
    /// The kernel for clouds: small.
    static final String CLOUD = "debian-12-cloud";

    /// The kernel for any hardware.
    static final String GENERAL = "debian-12";

    /// {@return the guest of this name}
    static synchronized Guest of(String name) {
        try (Program fetch = Program.run("guest", "fetch", name, "--json")) {
            if (fetch.status() != 0) {
                throw new AssertionError("the guest could not be fetched: " + fetch);
            }
            JsonNode guest = JsonMapper.shared().readTree(fetch.output());
            return new Guest(guest.get("kernel").asString(), guest.get("initrd").asString());
        }
    }

    /// {@return the same with what is in `folder` on its RAM disk too} An archive behind another is unpacked over it.
    Guest with(Path folder) {
        String whole = folder + ".initrd";
        Tools.run(
                folder,
                "sh",
                "-c",
                "cp \"$1\" \"$2\" && find . | cpio --quiet --create --format=newc --owner=0:0 >> \"$2\"",
                "sh",
                initrd,
                whole);
        return new Guest(kernel, whole);
    }

    /// {@return the cache in which the program keeps fetched guests and the packages that they were made of}
    Path cache() {
        return Path.of(kernel).resolve("../../..").normalize();
    }

    /// {@return the package, of those the guest was made of, whose name begins with this}
    Path packageOf(String prefix) {
        JsonNode manifest = JsonMapper.shared().readTree(Path.of(kernel).resolveSibling("manifest.json"));
        for (JsonNode piece : manifest.get("packages")) {
            String name = piece.get("name").asString();
            if (name.startsWith(prefix)) {
                return cache().resolve("packages").resolve(name);
            }
        }
        throw new AssertionError("the guest was made of no package " + prefix);
    }

    /// Runs it in the foreground, with more options of `run`.
    Program run(String... options) {
        return Program.start(arguments(options));
    }

    /// Runs it in the foreground on a JVM with these options, with more options of `run`.
    Program runWith(List<String> jvm, String... options) {
        return Program.start(jvm, arguments(options));
    }

    /// Runs it in the foreground of a terminal, with more options of `run`.
    Program runOnTerminal(String... options) {
        return Program.onTerminal(arguments(options));
    }

    private String[] arguments(String... options) {
        List<String> arguments = new ArrayList<>(List.of("run", "--kernel", kernel, "--initrd", initrd));
        arguments.addAll(Arrays.asList(options));
        return arguments.toArray(String[]::new);
    }
}

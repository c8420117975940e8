package cloison.control.guest;

import cloison.control.console.Progress;
import cloison.vm.config.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Debian's apt, run as an ordinary user with a state and a cache of its own.
///
/// apt checks the index of the archive against Debian's key ring, and every package against the index. The host's own
/// apt state is neither read nor changed; its sources, mirrors and proxies are used where they are of the right
/// release.
final class AptClient {
    private static final Pattern PACKAGE_URI = Pattern.compile("'(\\S+)' (\\S+) (\\d+) SHA256:(\\p{XDigit}{64})");
    private static final Pattern STATUS = Pattern.compile("dlstatus:\\d+:([0-9.]+):.*");

    private final Path folder;
    private final Path configuration;

    /// An apt whose state lies in `folder`.
    AptClient(Path folder) {
        this.folder = folder;
        this.configuration = folder.resolve("apt.conf");
    }

    /// Refuses a host that has no apt.
    static void check() {
        for (String program : List.of("apt-get", "apt-cache", "dpkg-deb")) {
            if (!Tool.exists(program)) {
                throw new ConfigurationException("fetching a guest needs Debian's " + program
                        + ", which this system does not have; pass files of your own with --kernel FILE --initrd FILE");
            }
        }
    }

    /// Reads the index of the archive, from the sources in `etc`.
    void update(Path etc, Progress progress) throws IOException, InterruptedException {
        Files.createDirectories(folder.resolve("lists/partial"));
        Files.createDirectories(folder.resolve("cache/archives/partial"));
        Files.createDirectories(folder.resolve("sources"));
        Files.createDirectories(folder.resolve("preferences"));
        Files.writeString(folder.resolve("status"), "");
        AptSources sources = AptSources.of(etc, GuestRecipe.RELEASE);
        Files.writeString(folder.resolve("sources/system.list"), sources.lines());
        Files.writeString(folder.resolve("sources/system.sources"), sources.stanzas());
        Files.writeString(configuration, settings());
        List<String> command = apt("apt-get", "-o", "APT::Status-Fd=1", "update");
        Tool.run("read Debian's package index", command, null, line -> share(line, progress));
    }

    /// {@return the package that `name` depends on and whose own name begins with `prefix`}
    String dependency(String name, String prefix) throws IOException, InterruptedException {
        List<String> command = apt("apt-cache", "show", "--no-all-versions", name);
        for (String line : Tool.lines("look up the package " + name, command)) {
            if (line.startsWith("Depends:")) {
                for (String dependency : line.substring("Depends:".length()).split(",")) {
                    String first = dependency.strip().split("[ (|]")[0];
                    if (first.startsWith(prefix)) {
                        return first;
                    }
                }
            }
        }
        throw new ConfigurationException("the package " + name + " of this archive depends on no " + prefix
                + "*; use a mirror of Debian " + GuestRecipe.RELEASE);
    }

    /// {@return where the current versions of packages are}
    List<Package> locate(List<String> names) throws IOException, InterruptedException {
        List<String> command = apt("apt-get", "-qq", "--print-uris", "download");
        command.addAll(names);
        List<Package> packages = new ArrayList<>();
        for (String line : Tool.lines("find the packages", command)) {
            Matcher uri = PACKAGE_URI.matcher(line.strip());
            if (uri.matches()) {
                packages.add(new Package(uri.group(2), Long.parseLong(uri.group(3)), uri.group(4)));
            }
        }
        if (packages.size() != names.size()) {
            throw new ConfigurationException("the archive names " + packages.size() + " of the " + names.size()
                    + " packages " + names + "; use a full mirror of Debian " + GuestRecipe.RELEASE);
        }
        return packages;
    }

    /// Downloads the current versions of packages into `into`.
    void download(List<String> names, Path into, Progress progress) throws IOException, InterruptedException {
        List<String> command = apt("apt-get", "-q", "-o", "APT::Status-Fd=1", "download");
        command.addAll(names);
        Tool.run("download Debian's packages", command, into, line -> share(line, progress));
    }

    private static void share(String line, Progress progress) {
        Matcher status = STATUS.matcher(line);
        if (status.matches()) {
            progress.share(Double.parseDouble(status.group(1)) / 100);
        }
    }

    private List<String> apt(String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program, "-c", configuration.toString()));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    /// The host's hooks are cleared: they are about the host's own state.
    private String settings() {
        return """
                #clear APT::Update::Pre-Invoke;
                #clear APT::Update::Post-Invoke;
                #clear APT::Update::Post-Invoke-Success;
                #clear DPkg::Post-Invoke;
                #clear Acquire::IndexTargets::deb::DEP-11;
                APT::Architecture "amd64";
                APT::Architectures { "amd64"; };
                APT::Sandbox::User "root";
                APT::Update::Error-Mode "any";
                Acquire::Languages "none";
                Acquire::Retries "3";
                Acquire::http::Timeout "30";
                Acquire::https::Timeout "30";
                Dir::State "%1$s";
                Dir::State::lists "lists/";
                Dir::State::status "%1$s/status";
                Dir::Cache "%1$s/cache";
                Dir::Cache::archives "archives/";
                Dir::Cache::pkgcache "";
                Dir::Cache::srcpkgcache "";
                Dir::Etc::sourcelist "/dev/null";
                Dir::Etc::sourceparts "%1$s/sources";
                Dir::Etc::preferences "/dev/null";
                Dir::Etc::preferencesparts "%1$s/preferences";
                """.formatted(folder.toAbsolutePath());
    }

    /// A package of the archive.
    ///
    /// @param file the name it is downloaded under
    /// @param size its bytes
    /// @param sha256 its checksum, from the signed index
    record Package(String file, long size, String sha256) {}
}

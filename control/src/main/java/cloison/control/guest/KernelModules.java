package cloison.control.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The modules of one kernel as they lie in `lib/modules/RELEASE`, by name.
///
/// Debian makes `modules.dep` when a kernel is installed; here it is made from what each module says of itself.
final class KernelModules {
    private static final String SUFFIX = ".ko";
    private static final String COMPRESSED_SUFFIX = ".ko.xz";

    private final Path folder;
    private final Map<String, Path> paths;

    private KernelModules(Path folder, Map<String, Path> paths) {
        this.folder = folder;
        this.paths = paths;
    }

    /// {@return the modules in `folder`}
    static KernelModules in(Path folder) throws IOException {
        Map<String, Path> paths = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(KernelModules::holdsModule).forEach(file -> paths.put(canonical(nameOf(file)), file));
        }
        return new KernelModules(folder, paths);
    }

    /// {@return those of `wanted` that this kernel has as modules, with all they need, each after what it needs}
    List<Module> closure(Collection<String> wanted) throws IOException {
        SequencedSet<String> order = new LinkedHashSet<>();
        for (String name : wanted) {
            if (paths.containsKey(canonical(name))) {
                add(canonical(name), order);
            }
        }
        List<Module> modules = new ArrayList<>();
        for (String name : order) {
            modules.add(module(name));
        }
        return modules;
    }

    /// {@return the text of `modules.dep` for `modules`: each with all it needs, direct needs first}
    String dependencies(List<Module> modules) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Module module : modules) {
            SequencedSet<String> needs = new LinkedHashSet<>();
            add(canonical(module.name()), needs);
            text.append(module.path()).append(':');
            for (String need : needs.reversed()) {
                if (!need.equals(canonical(module.name()))) {
                    text.append(' ').append(module(need).path());
                }
            }
            text.append('\n');
        }
        return text.toString();
    }

    private void add(String name, SequencedSet<String> order) throws IOException {
        if (order.contains(name)) {
            return;
        }
        for (String need : ElfObject.of(path(name), content(path(name))).neededModules()) {
            if (!paths.containsKey(canonical(need))) {
                throw new IOException("module " + name + " needs " + need + ", which " + folder + " does not have");
            }
            add(canonical(need), order);
        }
        order.add(name);
    }

    private Module module(String name) throws IOException {
        Path file = path(name);
        String relative = folder.relativize(file).toString();
        return new Module(nameOf(file), relative.substring(0, relative.lastIndexOf(SUFFIX)) + SUFFIX, content(file));
    }

    private Path path(String name) {
        Path file = paths.get(name);
        if (file == null) {
            throw new IllegalStateException("module " + name + " was not looked up first");
        }
        return file;
    }

    /// {@return a module's ELF bytes; newer Debian kernels keep their modules compressed}
    private static byte[] content(Path file) throws IOException {
        if (file.toString().endsWith(SUFFIX)) {
            return Files.readAllBytes(file);
        }
        return Tool.output(List.of("xz", "--decompress", "--stdout", file.toString()));
    }

    /// {@return a name as the kernel compares it, for which `-` and `_` are one}
    private static String canonical(String name) {
        return name.replace('-', '_');
    }

    private static boolean holdsModule(Path file) {
        String name = file.toString();
        return name.endsWith(SUFFIX) || name.endsWith(COMPRESSED_SUFFIX);
    }

    private static String nameOf(Path file) {
        String name = String.valueOf(file.getFileName());
        return name.substring(0, name.lastIndexOf(SUFFIX));
    }

    /// A kernel module to be packed.
    ///
    /// @param name its name as its file has it
    /// @param path where it lies below `lib/modules/RELEASE`, uncompressed
    /// @param content its ELF bytes as Debian signed them
    record Module(String name, String path, byte[] content) {}
}

package cloison.control.lab;

import cloison.control.guest.GuestRecipe;
import cloison.control.lab.YamlReader.Entries;
import cloison.vm.config.AdapterAddresses;
import cloison.vm.config.BootSource;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.CpuName;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;

/// A file that declares a lab, read strictly.
///
/// ```yaml
/// name: two-guests
/// switches:
///   lan: {type: private}                # private | internal
/// partitions:
///   web:
///     boot: debian-12-cloud             # a guest that is fetched, or {kernel: FILE, initrd: FILE}
///     memory: 512M
///     cpus: 1
///     cpu: v2                           # v2 | v3 | host
///     append: "quiet"
///     nics:
///       - {switch: lan, type: synthetic, mac: "00:15:5d:00:00:01", vlan: {access: 10}}
/// ```
///
/// Files are named from the folder of the lab file. Everything wrong is reported at once, a line each.
public final class LabFile {
    private static final long DEFAULT_MEMORY = 512 * PartitionConfig.MIB;
    private static final Pattern LAB_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}");

    // wiring
    private final YamlReader yaml;
    private final Path folder;

    // state
    private final AdapterAddresses addresses = new AdapterAddresses();
    private final SequencedMap<String, SwitchConfig> switches = new LinkedHashMap<>();
    private final List<String> declaredSwitches = new ArrayList<>();
    private final List<Draft> drafts = new ArrayList<>();

    /// A partition whose adapters have no address yet unless the file gives it: those that are chosen must avoid all
    /// that are given.
    private record Draft(
            String name,
            Lab.Boot boot,
            long memoryBytes,
            int cpus,
            CpuName cpu,
            String append,
            List<Supplier<NicConfig>> nics) {
        Lab.Partition finish() {
            return new Lab.Partition(
                    name,
                    boot,
                    memoryBytes,
                    cpus,
                    cpu,
                    append,
                    nics.stream().map(Supplier::get).toList());
        }
    }

    private LabFile(YamlReader yaml, Path folder) {
        this.yaml = yaml;
        this.folder = folder;
    }

    /// {@return the lab that `file` declares}
    ///
    /// @throws LabRefusal if anything in it is wrong
    /// @throws ConfigurationException if it cannot be read
    public static Lab read(Path file) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            return parse(file.toString(), Files.readString(file), parent == null ? Path.of("/") : parent);
        } catch (CharacterCodingException e) {
            throw new ConfigurationException("the lab file " + file + " is not text in UTF-8; save it as such", e);
        } catch (IOException e) {
            String why =
                    !Files.exists(file) ? "is not there" : Files.isDirectory(file) ? "is a folder" : "is unreadable";
            throw new ConfigurationException("the lab file " + file + " " + why + "; check the path", e);
        }
    }

    /// {@return the lab that `text` declares}
    ///
    /// @param file the file's name in messages
    /// @param folder where the files that it names are looked for
    public static Lab parse(String file, String text, Path folder) {
        YamlReader yaml = new YamlReader(file);
        LabFile lab = new LabFile(yaml, folder);
        Node root = yaml.root(text);
        String name = root == null ? "" : lab.read(root, stem(file));
        yaml.finish();
        return new Lab(
                name,
                List.copyOf(lab.switches.values()),
                lab.drafts.stream().map(Draft::finish).toList());
    }

    /// {@return the lab's name}
    private String read(Node root, String stem) {
        Entries entries = yaml.entries("a lab", root, List.of("name", "switches", "partitions"));
        Node declared = entries.values().get("switches");
        if (declared != null) {
            readSwitches(declared);
        }
        Node partitions = entries.values().get("partitions");
        if (partitions != null) {
            readPartitions(partitions);
        } else if (root instanceof MappingNode) {
            yaml.problem(root, "a lab needs 'partitions:' with at least one partition");
        }
        String name = yaml.scalar(entries, "name", stem, LabFile::labName);
        return name == null ? stem : name;
    }

    private void readSwitches(Node node) {
        Entries entries = yaml.entries("switches", node);
        entries.values().forEach((name, value) -> {
            declaredSwitches.add(name);
            Entries one = yaml.entries("switch " + name, value, List.of("type"));
            if (value instanceof MappingNode && !one.values().containsKey("type")) {
                yaml.problem(value, "switch " + name + " needs a type; write 'private' or 'internal'");
            }
            SwitchConfig made = yaml.scalar(one, "type", null, type -> new SwitchConfig(name, SwitchConfig.type(type)));
            if (made != null) {
                switches.put(name, made);
            }
        });
    }

    private void readPartitions(Node node) {
        Entries entries = yaml.entries("partitions", node);
        if (node instanceof MappingNode && entries.values().isEmpty()) {
            yaml.problem(node, "'partitions' is empty; a lab needs at least one");
        }
        entries.values().forEach((name, value) -> {
            Node key = entries.keys().get(name);
            if (key != null) {
                yaml.scalar("a partition's name", key, PartitionConfig::checkedName);
            }
            readPartition(name, value);
        });
    }

    private void readPartition(String name, Node node) {
        Entries entries =
                yaml.entries("partition " + name, node, List.of("boot", "memory", "cpus", "cpu", "append", "nics"));
        Node booted = entries.values().get("boot");
        Lab.Boot boot = booted == null ? null : boot(name, booted);
        if (booted == null && node instanceof MappingNode) {
            yaml.problem(
                    node,
                    "partition " + name + " needs 'boot:'; write " + GuestRecipe.names("or")
                            + ", or {kernel: FILE, initrd: FILE}");
        }
        Long memory = yaml.scalar(entries, "memory", DEFAULT_MEMORY, text -> memory(name, text));
        Integer cpus = yaml.scalar(entries, "cpus", 1, text -> cpus(name, text));
        CpuName cpu = yaml.scalar(entries, "cpu", CpuName.V2, CpuName::of);
        String append = yaml.scalar(entries, "append", "", LabFile::append);
        List<Supplier<NicConfig>> nics = new ArrayList<>();
        Node adapters = entries.values().get("nics");
        if (adapters != null) {
            for (Node nic : yaml.items("nics of partition " + name, adapters)) {
                readNic(name + "/nic" + nics.size(), nic, nics);
            }
            if (nics.size() > PartitionConfig.MOST_NICS) {
                yaml.problem(
                        adapters,
                        "partition " + name + " has " + nics.size() + " adapters; give it at most "
                                + PartitionConfig.MOST_NICS);
            }
        }
        if (boot != null && memory != null && cpus != null && cpu != null && append != null) {
            drafts.add(new Draft(name, boot, memory, cpus, cpu, append, nics));
        }
    }

    private Lab.@Nullable Boot boot(String partition, Node node) {
        if (node instanceof MappingNode) {
            Entries files = yaml.entries("boot of partition " + partition, node, List.of("kernel", "initrd"));
            if (!files.values().containsKey("kernel")) {
                yaml.problem(node, "boot of partition " + partition + " needs a kernel; write {kernel: FILE}");
            }
            Path kernel = yaml.scalar(files, "kernel", null, file -> readable("kernel", file));
            Path initrd = yaml.scalar(files, "initrd", null, file -> readable("initrd", file));
            return kernel == null ? null : new Lab.Boot.Files(kernel, initrd);
        }
        GuestRecipe recipe = yaml.scalar("boot", node, GuestRecipe::of);
        return recipe == null ? null : new Lab.Boot.Fetched(recipe);
    }

    private void readNic(String identity, Node node, List<Supplier<NicConfig>> to) {
        Entries entries = yaml.entries("adapter " + identity, node, List.of("switch", "type", "mac", "vlan"));
        Node switchNode = entries.values().get("switch");
        if (switchNode == null && node instanceof MappingNode) {
            yaml.problem(node, "adapter " + identity + " needs a switch; write 'switch: NAME'");
        }
        String switchName = yaml.scalar(entries, "switch", null, this::declaredSwitch);
        NicConfig.Type type = yaml.scalar(entries, "type", NicConfig.Type.SYNTHETIC, NicConfig.Type::of);
        Node vlanNode = entries.values().get("vlan");
        Integer vlan = vlanNode == null ? null : accessVlan(identity, vlanNode);
        if (switchName == null || type == null) {
            yaml.scalar(entries, "mac", null, addresses::take);
        } else if (entries.values().containsKey("mac")) {
            NicConfig nic = yaml.scalar(
                    entries, "mac", null, mac -> new NicConfig(switchName, type, addresses.take(mac), vlan));
            if (nic != null) {
                to.add(() -> nic);
            }
        } else {
            to.add(() -> new NicConfig(switchName, type, addresses.choose(identity), vlan));
        }
    }

    private @Nullable Integer accessVlan(String identity, Node node) {
        Entries entries = yaml.entries("vlan of adapter " + identity, node, List.of("access"));
        if (node instanceof MappingNode && entries.values().isEmpty()) {
            yaml.problem(node, "vlan of adapter " + identity + " needs an identifier; write {access: 10}");
        }
        return yaml.scalar(entries, "access", null, NicConfig::accessVlan);
    }

    private String declaredSwitch(String name) {
        if (!declaredSwitches.contains(name)) {
            throw new ConfigurationException("there is no switch '" + name + "' in this lab; "
                    + (declaredSwitches.isEmpty()
                            ? "declare it under 'switches:'"
                            : "it has " + String.join(", ", declaredSwitches)));
        }
        return name;
    }

    private Path readable(String what, String name) {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new ConfigurationException(what + " " + file + " is not a file that can be read; check the path");
        }
        return file;
    }

    private static long memory(String partition, String text) {
        long bytes = Quantity.memory(text);
        PartitionConfig.checkMemory(partition, bytes);
        return bytes;
    }

    private static int cpus(String partition, String text) {
        int cpus = Quantity.count("cpus", text);
        PartitionConfig.checkCpus(partition, cpus);
        return cpus;
    }

    private static String append(String text) {
        new BootSource(Path.of(""), null, Lab.COMMAND_LINE + ' ' + text);
        return text;
    }

    private static String labName(String text) {
        if (!LAB_NAME.matcher(text).matches()) {
            throw new ConfigurationException(
                    "the lab name '" + text + "' cannot be used; write up to 32 letters, digits, '-', '_' or '.'");
        }
        return text;
    }

    /// {@return a file's name without its folder and its ending}
    private static String stem(String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        return name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
    }
}

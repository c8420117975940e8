package cloison.control.lab;

import cloison.control.guest.FetchedGuest;
import cloison.control.guest.GuestRecipe;
import cloison.vm.config.BootSource;
import cloison.vm.config.CpuName;
import cloison.vm.config.EngineName;
import cloison.vm.config.GuestInterface;
import cloison.vm.config.LabPlan;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A lab as a file declares it, before its guests are looked up.
///
/// @param name the lab's name
/// @param switches its switches
/// @param partitions its partitions
public record Lab(String name, List<SwitchConfig> switches, List<Partition> partitions) {
    /// What every guest of a lab is told first; what the file says comes after it and may overrule it.
    static final String COMMAND_LINE = "console=ttyS0 panic=-1";

    /// A lab that nobody changes.
    public Lab {
        switches = List.copyOf(switches);
        partitions = List.copyOf(partitions);
    }

    /// A partition as a file declares it.
    ///
    /// @param name its name
    /// @param boot what it boots
    /// @param memoryBytes its RAM
    /// @param cpus its processors
    /// @param cpu what its processors are
    /// @param append its part of the kernel command line
    /// @param nics its adapters
    public record Partition(
            String name, Boot boot, long memoryBytes, int cpus, CpuName cpu, String append, List<NicConfig> nics) {
        /// A partition that nobody changes.
        public Partition {
            nics = List.copyOf(nics);
        }
    }

    /// What a partition boots.
    public sealed interface Boot {
        /// A guest that is fetched.
        record Fetched(GuestRecipe recipe) implements Boot {}

        /// Files of the operator's.
        record Files(Path kernel, @Nullable Path initrd) implements Boot {}
    }

    /// {@return the guests that must be fetched for the lab, each once}
    public SequencedSet<GuestRecipe> recipes() {
        return partitions.stream()
                .flatMap(partition -> partition.boot() instanceof Boot.Fetched(GuestRecipe recipe)
                        ? Stream.of(recipe)
                        : Stream.empty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /// {@return the lab with its guests looked up}
    ///
    /// @param guests gives each of [#recipes]
    public LabPlan plan(Function<GuestRecipe, FetchedGuest> guests, EngineName engine, boolean noReboot) {
        Map<GuestRecipe, FetchedGuest> found = new TreeMap<>((a, b) -> a.name().compareTo(b.name()));
        recipes().forEach(recipe -> found.put(recipe, guests.apply(recipe)));
        return new LabPlan(
                name,
                switches,
                partitions.stream()
                        .map(partition -> new PartitionConfig(
                                partition.name(),
                                partition.memoryBytes(),
                                partition.cpus(),
                                engine,
                                source(partition, found),
                                partition.nics(),
                                noReboot,
                                null,
                                partition.cpu(),
                                GuestInterface.standard()))
                        .toList());
    }

    private static BootSource source(Partition partition, Map<GuestRecipe, FetchedGuest> found) {
        String append = (COMMAND_LINE + ' ' + partition.append()).strip();
        return switch (partition.boot()) {
            case Boot.Fetched(GuestRecipe recipe) -> {
                FetchedGuest guest = Objects.requireNonNull(found.get(recipe), "every recipe was looked up");
                yield new BootSource(guest.kernel(), guest.initrd(), append);
            }
            case Boot.Files(Path kernel, Path initrd) -> new BootSource(kernel, initrd, append);
        };
    }
}

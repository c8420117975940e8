package cloison.vm.config;

import cloison.net.frame.MacAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One partition as it is to be created.
///
/// @param name its name, unique in the lab; it prefixes log and console lines
/// @param memoryBytes its guest-physical RAM, whole MiB
/// @param cpus its virtual processors
/// @param engine what executes its instructions
/// @param boot what it boots
/// @param nics its network adapters, in the order in which they are offered
/// @param noReboot whether a reset ends the run instead of starting the guest again
/// @param debugExitPort the I/O port at which a write of v ends the run with status 2v+1, or `null` for none
/// @param cpu what its virtual processors are
/// @param hypervisor which parts of the hypervisor interface its guest is offered
public record PartitionConfig(
        String name,
        long memoryBytes,
        int cpus,
        EngineName engine,
        BootSource boot,
        List<NicConfig> nics,
        boolean noReboot,
        @Nullable Integer debugExitPort,
        CpuName cpu,
        GuestInterface hypervisor) {
    /// The name that no partition may have: beside partitions, `cloison inspect` has the switches by it.
    public static final String RESERVED_NAME = "switches";

    /// One MiB.
    public static final long MIB = 1L << 20;

    /// The least RAM a partition may have.
    public static final long LEAST_MEMORY = 16 * MIB;

    /// The most RAM a partition may have.
    public static final long MOST_MEMORY = 64L * 1024 * MIB;

    /// The most virtual processors of a partition.
    public static final int MOST_CPUS = 64;

    /// The most adapters of a partition.
    public static final int MOST_NICS = 8;

    /// Refuses what no partition can be.
    public PartitionConfig {
        checkedName(name);
        checkMemory(name, memoryBytes);
        checkCpus(name, cpus);
        nics = List.copyOf(nics);
        if (nics.size() > MOST_NICS) {
            throw new ConfigurationException("partition " + name + " cannot have " + nics.size()
                    + " network adapters; give it at most " + MOST_NICS);
        }
        Set<MacAddress> seen = new HashSet<>();
        for (NicConfig nic : nics) {
            if (!seen.add(nic.mac())) {
                throw new ConfigurationException("the MAC address " + nic.mac() + " is given twice in partition " + name
                        + "; every adapter needs its own");
            }
        }
        if (debugExitPort != null && (debugExitPort < 0 || debugExitPort > 0xffff)) {
            throw new ConfigurationException(
                    "there is no I/O port " + debugExitPort + " for the debug exit; use 0 to 65535, for example 0xf4");
        }
    }

    /// A partition with processors of model v2 and the standard hypervisor interface.
    public PartitionConfig(
            String name,
            long memoryBytes,
            int cpus,
            EngineName engine,
            BootSource boot,
            List<NicConfig> nics,
            boolean noReboot,
            @Nullable Integer debugExitPort) {
        this(
                name,
                memoryBytes,
                cpus,
                engine,
                boot,
                nics,
                noReboot,
                debugExitPort,
                CpuName.V2,
                GuestInterface.standard());
    }

    /// {@return `name`, if a partition can have it}
    public static String checkedName(String name) {
        Names.check("partition", name);
        if (name.equals(RESERVED_NAME)) {
            throw new ConfigurationException(
                    "the partition name '" + name + "' stands for the lab's switches; use another");
        }
        return name;
    }

    /// Refuses an amount of memory that no partition can have.
    public static void checkMemory(String name, long memoryBytes) {
        if (memoryBytes < LEAST_MEMORY || memoryBytes > MOST_MEMORY || memoryBytes % MIB != 0) {
            throw new ConfigurationException("partition " + name + " cannot have " + memoryBytes
                    + " bytes of memory; give it whole MiB, from " + LEAST_MEMORY / MIB + "M to "
                    + MOST_MEMORY / MIB / 1024 + "G");
        }
    }

    /// Refuses a number of processors that no partition can have.
    public static void checkCpus(String name, int cpus) {
        if (cpus < 1 || cpus > MOST_CPUS) {
            throw new ConfigurationException(
                    "partition " + name + " cannot have " + cpus + " processors; give it 1 to " + MOST_CPUS);
        }
    }
}

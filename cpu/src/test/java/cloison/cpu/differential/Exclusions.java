package cloison.cpu.differential;

import cloison.cpu.decode.Row;
import cloison.linux.cpu.HostCpu;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The rows that cannot be compared with the host's processor in a process, each with the reason.
final class Exclusions {
    private static final String OTHER_VALUE = "its result is another on each processor or at each moment";
    private static final String SYSTEM_CALL = "is a system call of the host";
    private static final String EMULATED = "Linux answers for it where UMIP refuses it";

    private static final Map<String, String> OPERATIONS = Map.ofEntries(
            Map.entry("CPUID", OTHER_VALUE),
            Map.entry("RDTSC", OTHER_VALUE),
            Map.entry("RDTSCP", OTHER_VALUE),
            Map.entry("RDPMC", OTHER_VALUE),
            Map.entry("RDRAND", OTHER_VALUE),
            Map.entry("RDSEED", OTHER_VALUE),
            Map.entry("RDPID", OTHER_VALUE),
            Map.entry("XGETBV", OTHER_VALUE),
            Map.entry("SYSCALL", SYSTEM_CALL),
            Map.entry("SYSENTER", SYSTEM_CALL),
            Map.entry("VMCALL", "is a call of the host's own hypervisor"),
            Map.entry("VMMCALL", "is a call of the host's own hypervisor"),
            Map.entry("SGDT", EMULATED),
            Map.entry("SIDT", EMULATED),
            Map.entry("SLDT", EMULATED),
            Map.entry("STR", EMULATED),
            Map.entry("SMSW", EMULATED));

    private Exclusions() {}

    /// {@return why `row` cannot be compared on any host, or null if it can}
    static @Nullable String reason(Row row) {
        return OPERATIONS.get(row.op().name());
    }

    /// {@return why `row` cannot be compared on this host, or null if it can}
    static @Nullable String reason(Row row, HostCpu cpu) {
        String reason = OPERATIONS.get(row.op().name());
        if (reason != null) {
            return reason;
        }
        for (String word : row.attributes()) {
            if (word.startsWith("cpuid=") && !cpu.has(word.substring(6))) {
                return "the host's processor has no " + word.substring(6);
            }
        }
        return null;
    }
}

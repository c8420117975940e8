package cloison.bench;

import cloison.vm.config.BootSource;
import cloison.vm.config.EngineName;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.PartitionWiring;
import cloison.vm.run.Vm;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// Boots a stock kernel to the first line of its init and prints what that cost.
///
/// The figures: instructions executed, CPU time of the processor's thread, their ratio in MIPS, CPU time of the whole
/// process, and memory of the process beyond the guest's RAM.
public final class BootBench {
    private static final String INIT = "Run /init as init process";
    private static final int MIB = 1 << 20;

    private BootBench() {}

    /// Runs with `kernel initrd [memory in MiB]`.
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int memory = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 512;
        BootSource boot = new BootSource(
                Path.of(arguments[0]), Path.of(arguments[1]), "console=ttyS0 panic=-1 cloison.role=none");
        PartitionConfig config = new PartitionConfig(
                "bench",
                (long) memory * MIB,
                1,
                EngineName.of(System.getProperty("cloison.engine", "interpreter")),
                boot,
                List.of(),
                true,
                null);
        Watch watch = new Watch();
        try (Vm vm = new Vm(config, new PartitionWiring(watch::offer))) {
            vm.start();
            watch.reached.await();
            long instructions = vm.view().instructions();
            double seconds = processorSeconds("bench/vp-0");
            boolean counted = instructions >= 0;
            if (counted) {
                System.out.printf("instructions to init       %,d%n", instructions);
            }
            System.out.printf("processor thread CPU       %.2f s%n", seconds);
            if (counted) {
                System.out.printf("speed on kernel code       %.1f MIPS%n", instructions / seconds / 1e6);
            }
            System.out.printf("whole process CPU          %.2f s%n", processSeconds());
            System.out.printf("memory beyond guest RAM    %d MiB%n", residentKib("RssAnon:") / 1024);
        }
    }

    /// Looks for the line of the kernel's log.
    private static final class Watch {
        private final StringBuilder line = new StringBuilder();
        private final CountDownLatch reached = new CountDownLatch(1);

        private boolean offer(int value) {
            if (value == '\n') {
                if (line.indexOf(INIT) >= 0) {
                    reached.countDown();
                }
                line.setLength(0);
            } else {
                line.append((char) value);
            }
            return true;
        }
    }

    private static double processorSeconds(String thread) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        for (long id : threads.getAllThreadIds()) {
            var info = threads.getThreadInfo(id);
            if (info != null && info.getThreadName().equals(thread)) {
                return threads.getThreadCpuTime(id) / 1e9;
            }
        }
        throw new IllegalStateException("no thread " + thread);
    }

    private static double processSeconds() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                        .getProcessCpuTime()
                / 1e9;
    }

    /// {@return a line of `/proc/self/status`; guest RAM is a shared mapping and so not in RssAnon}
    private static long residentKib(String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.US_ASCII)) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("\\D+", ""));
            }
        }
        throw new IllegalStateException("no " + field);
    }
}

package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import cloison.vm.config.CpuName;
import cloison.vm.run.Engines;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Stock kernels, run by the program as a user runs it.
@Execution(ExecutionMode.CONCURRENT)
class StockGuestTest {
    private static final Pattern COMPLAINT = Pattern.compile("BUG|WARNING|Call [Tt]race|Oops");

    /// The SHA-256 of the numbers 1 to 60, a line each.
    private static final String SUM_OF_LINES = "8dba4fa035371e3287a5928722c1dc65421047b7c10763c9003b5d894353a596";

    /// The SHA-256 of the numbers 1 to 400, a line each.
    private static final String SUM = "079c7f8c11c1f937511ef9b17fdcc14345730c69d29d3d269175eb545ce02f45";

    @ParameterizedTest
    @CsvSource({"debian-12,1", "debian-12,2", "debian-12-cloud,1", "debian-12-cloud,2"})
    void aStockKernelBootsToAShellAndPowersOff(String name, int cpus) {
        try (Program program = Guest.of(name).run("--cpus", String.valueOf(cpus))) {
            Shell shell = new Shell(program);

            assertThat(shell.run("cat /sys/devices/system/cpu/online")).endsWith(cpus == 1 ? "0" : "0-1");
            assertThat(shell.run("cat /sys/devices/system/clocksource/clocksource0/current_clocksource"))
                    .endsWith("hyperv_clocksource_tsc_page");
            assertThat(shell.run("cat /proc/cmdline")).endsWith("console=ttyS0 panic=-1");
            String log = shell.run("dmesg");
            assertThat(log)
                    .contains("Hypervisor detected: Microsoft Hyper-V", "Vmbus version:5.3")
                    .contains("clocksource: Switched to clocksource hyperv_clocksource_tsc_page");
            assertThat(log.lines().filter(COMPLAINT.asPredicate())).isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
            assertThat(program.errors()).isEqualTo("cloison: guest powered off\n");
        }
    }

    /// Processors on fewer of the host's; with all that a guest may ask of the others by hypercall, and without.
    @ParameterizedTest
    @CsvSource({"4,-remote-flush", "4,'+remote-flush,+cluster-ipi,+guest-idle'", "8,-remote-flush"})
    void manyProcessorsShareTheWork(int cpus, String features) {
        boolean asks = features.startsWith("+");
        try (Program program = Guest.of(Guest.CLOUD).run("--cpus", String.valueOf(cpus), "--hyperv=" + features)) {
            Shell shell = new Shell(program);

            assertThat(shell.run("cat /sys/devices/system/cpu/online")).endsWith("0-" + (cpus - 1));
            shell.run("work() { for i in $(seq 60); do seq $i | sort -n | tail -n 1; done | sha256sum; }");
            shell.run("for i in $(seq " + cpus + "); do work > /tmp/sum.$i & done; wait");
            assertThat(shell.run("cat /tmp/sum.* | uniq -c")).contains(cpus + " " + SUM_OF_LINES);
            String log = shell.run("dmesg");
            assertThat(log.contains("Using hypercall for remote TLB flush")).isEqualTo(asks);
            assertThat(log.contains("PV spinlocks enabled")).isEqualTo(asks);
            assertThat(log.contains("Using IPI hypercalls")).isEqualTo(asks);
            assertThat(log.lines().filter(COMPLAINT.asPredicate())).isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"v3,translator", "v3,interpreter", "host,auto"})
    void aStockKernelUsesTheProcessorThatItIsGiven(String cpu, String engine) {
        assumeTrue(
                !engine.equals("translator") || Engines.refusal(CpuName.V3) == null,
                "this host cannot run translated code of x86-64-v3");
        try (Program program = Guest.of(Guest.CLOUD).run("--cpu", cpu, "--engine", engine)) {
            Shell shell = new Shell(program);

            String flags = shell.run("grep -m 1 flags /proc/cpuinfo");
            if (cpu.equals("v3")) {
                assertThat(flags.split("\\s+"))
                        .contains("avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsavec")
                        .doesNotContain("aes", "sha_ni");
            }
            String log = shell.run("dmesg");
            assertThat(log.contains("x86/fpu: Enabled xstate features 0x7, context size is 832 bytes"))
                    .isEqualTo(flags.contains(" avx "));
            assertThat(log.lines().filter(COMPLAINT.asPredicate())).isEmpty();
            assertThat(shell.run("seq 1 400 | sha256sum")).contains(SUM);
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    @Test
    void aStockKernelBootsWhileTheEnginesTakeTurns() {
        assumeTrue(Engines.refusal(CpuName.V2) == null, "this host cannot run translated code");
        try (Program program = Guest.of(Guest.CLOUD)
                .runWith(List.of("-Dcloison.translator.switchEvery=997"), "--engine", "translator")) {
            Shell shell = new Shell(program);

            assertThat(shell.run("dmesg").lines().filter(COMPLAINT.asPredicate()))
                    .isEmpty();
            assertThat(shell.run("seq 1 400 | sha256sum")).contains(SUM);
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    /// Translations are forgotten and made again all the time.
    @Test
    void aStockKernelBootsWithHardlyAnyTranslationsKept() {
        assumeTrue(Engines.refusal(CpuName.V3) == null, "this host cannot run translated code of x86-64-v3");
        List<String> tiny =
                List.of("-Dcloison.translator.translations=64", "-Dcloison.translator.codeBytes=" + (1 << 20));
        try (Program program =
                Guest.of(Guest.CLOUD).runWith(tiny, "--engine", "translator", "--cpu", "v3", "--cpus", "2")) {
            Shell shell = new Shell(program);

            shell.run("for i in 1 2; do seq 1 400 | sha256sum > /tmp/$i & done; wait");
            assertThat(shell.run("cat /tmp/1 /tmp/2 | uniq -c")).contains("2 " + SUM);
            assertThat(shell.run("dmesg").lines().filter(COMPLAINT.asPredicate()))
                    .isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    @Test
    void whatIsTypedBeforeTheGuestBootsReachesItsShell() {
        try (Program program = Guest.of(Guest.CLOUD).run()) {
            program.type("echo $((6 * 7)) is the answer");
            program.type("poweroff");
            program.endInput();

            assertThat(program.status()).as(program::toString).isZero();
            assertThat(program.output()).contains("\n42 is the answer\r\n");
        }
    }

    @Test
    void theNetworkDriverIsTakenOutAndPutBackTenTimes() {
        String driver = "$(modinfo -n hv_netvsc 2> /dev/null || find /lib/modules -name hv_netvsc.ko)";
        try (Program program = Guest.of(Guest.CLOUD).run("--nic", "switch=lan,mac=00:15:5d:00:00:2a")) {
            Shell shell = new Shell(program);

            for (int i = 0; i < 10; i++) {
                shell.run("rmmod hv_netvsc && test ! -e /sys/class/net/eth0");
                shell.run("insmod " + driver + " && until test -e /sys/class/net/eth0; do usleep 10000; done");
                shell.run("ip link set eth0 up && until grep -q 1 /sys/class/net/eth0/carrier; do usleep 10000; done");
                assertThat(shell.run("cat /sys/class/net/eth0/address")).endsWith("00:15:5d:00:00:2a");
            }
            assertThat(shell.run("dmesg").lines().filter(COMPLAINT.asPredicate()))
                    .isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    @Test
    void aPanicIsToldWithTheGuestsTextAndRegisters() {
        try (Program program = Guest.of(Guest.CLOUD).run()) {
            new Shell(program).last("echo c > /proc/sysrq-trigger");

            assertThat(program.status()).as(program::toString).isEqualTo(3);
            assertThat(program.errors())
                    .startsWith("cloison: guest crashed: ")
                    .contains(
                            "Kernel panic - not syncing: sysrq triggered crash", "Call Trace:", "rip ffffffff", "cr3 ");
        }
    }

    @Test
    void aResetStartsTheGuestAgain() {
        try (Program program = Guest.of(Guest.CLOUD).run()) {
            new Shell(program).last("reboot");

            Shell again = new Shell(program);
            assertThat(again.run("dmesg")).contains("Vmbus version:5.3");
            again.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    @Test
    void aResetEndsTheRunIfAskedTo() {
        try (Program program = Guest.of(Guest.CLOUD).run("--no-reboot")) {
            new Shell(program).last("reboot");

            assertThat(program.status()).as(program::toString).isEqualTo(3);
            assertThat(program.errors()).isEqualTo("cloison: guest asked for a reset, which ends the run\n");
        }
    }

    @Test
    void aSignalAsksTheGuestToShutDown() {
        try (Program program = Guest.of(Guest.CLOUD).run()) {
            new Shell(program);
            program.terminate();

            program.await("reboot: Power down");
            assertThat(program.status()).as(program::toString).isZero();
            assertThat(program.errors())
                    .isEqualTo(
                            "cloison: asking guest to shut down; once more stops at once\ncloison: guest powered off\n");
        }
    }

    @Test
    void aSecondSignalStopsAGuestThatLingers() {
        try (Program program = Guest.of(Guest.CLOUD).run()) {
            Shell shell = new Shell(program);
            shell.run("printf '#!/bin/sh\\necho not yet > /dev/console\\n' > /sbin/poweroff");
            program.terminate();
            program.await("not yet");
            program.terminate();

            assertThat(program.status()).as(program::toString).isEqualTo(130);
            assertThat(program.errors()).endsWith("cloison: guest was stopped\n");
        }
    }

    @Test
    void aGuestThatTakesTooLongIsStopped() {
        try (Program program = Guest.of(Guest.CLOUD).run("--timeout", "5s", "--name", "slow")) {
            assertThat(program.status()).as(program::toString).isEqualTo(124);
            assertThat(program.errors()).isEqualTo("cloison: slow did not end within 5 s and was stopped\n");
        }
    }
}

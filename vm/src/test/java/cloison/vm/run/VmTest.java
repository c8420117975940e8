package cloison.vm.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.time.PartitionClock;
import cloison.net.frame.MacAddress;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.SwitchType;
import cloison.net.vswitch.VirtualSwitch;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class VmTest {
    private static final String PRINT = """
            print:  mov   dx, 0x3F8
                    out   dx, al
            """;

    @TempDir
    private Path folder;

    private final BlockingQueue<Integer> console = new LinkedBlockingQueue<>();

    private Vm vm(boolean noReboot, String program) throws IOException {
        return new Vm(SmallKernel.partition(folder, "small", noReboot, program), new PartitionWiring(console::offer));
    }

    private Outcome run(String program) throws IOException, InterruptedException {
        try (Vm vm = vm(true, program)) {
            vm.start();
            return vm.await();
        }
    }

    private static PartitionConfig withAdapter(PartitionConfig config) {
        return new PartitionConfig(
                config.name(),
                config.memoryBytes(),
                config.cpus(),
                config.engine(),
                config.boot(),
                List.of(new NicConfig("lan", NicConfig.Type.SYNTHETIC, MacAddress.parse("00:15:5d:00:00:01"))),
                config.noReboot(),
                config.debugExitPort());
    }

    @Test
    void debugExitEndsTheRunWithTwiceTheValuePlusOne() throws Exception {
        Outcome outcome = run("""
                mov   al, 21
                out   0xF4, al
                hlt
                """);

        assertThat(outcome).isEqualTo(new Outcome.DebugExit(43));
    }

    @Test
    void pvhKernelFindsItsStartInformation() throws Exception {
        PartitionConfig config = SmallKernel.pvhPartition(folder, "pvh", """
                        cmp   dword ptr [ebx], 0x336EC578
                        jne   bad
                        mov   al, 33
                        out   0xF4, al
                bad:    mov   al, 1
                        out   0xF4, al
                        hlt
                """);

        try (Vm vm = new Vm(config, new PartitionWiring(console::offer))) {
            vm.start();

            assertThat(vm.await()).isEqualTo(new Outcome.DebugExit(67));
        }
    }

    @Test
    void sleepStateFiveSwitchesOff() throws Exception {
        Outcome outcome = run("""
                mov   dx, 0x404
                mov   ax, 0x3400
                out   dx, ax
                hlt
                """);

        assertThat(outcome).isEqualTo(new Outcome.PoweredOff());
    }

    @Test
    void resetEndsTheRunIfAskedTo() throws Exception {
        Outcome outcome = run("""
                mov   al, 0xFE
                out   0x64, al
                hlt
                """);

        assertThat(outcome).isEqualTo(new Outcome.Reset());
    }

    @Test
    void resetStartsTheGuestAgain() throws Exception {
        try (Vm vm = vm(false, "mov al, 'R'\n" + PRINT + "mov al, 0xFE\n out 0x64, al\n hlt\n")) {
            vm.start();

            assertThat(List.of(console.take(), console.take(), console.take())).containsOnly((int) 'R');
            vm.stop();
            assertThat(vm.await()).isInstanceOf(Outcome.Stopped.class);
        }
    }

    @Test
    void stopDuringAResetIsNotForgotten() throws Exception {
        PartitionConfig config = SmallKernel.partition(folder, "small", false, "mov al, 0xFE\n out 0x64, al\n hlt\n");
        Map<String, VirtualSwitch> switches =
                Map.of("lan", new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new PartitionClock()));
        AtomicReference<Vm> machine = new AtomicReference<>();
        PartitionWiring wiring = new PartitionWiring(_ -> true, switches, _ -> {}, null, _ -> {
            // The second time, the first partition has ended and the next is being made.
            if (machine.get() != null) {
                machine.get().stop();
            }
            return (_, _, _) -> {};
        });

        try (Vm vm = new Vm(withAdapter(config), wiring)) {
            machine.set(vm);
            vm.start();

            assertThat(vm.await()).isEqualTo(new Outcome.Stopped());
        }
    }

    @Test
    void guestThatCannotBeStartedAgainIsRefused() throws Exception {
        PartitionConfig config = SmallKernel.partition(folder, "small", false, """
                mov   al, 0xFE
                out   0x64, al
                hlt
                """);
        Map<String, VirtualSwitch> switches =
                Map.of("lan", new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new PartitionClock()));
        AtomicInteger made = new AtomicInteger();
        PartitionWiring wiring = new PartitionWiring(_ -> true, switches, _ -> {}, null, name -> {
            if (made.getAndIncrement() > 0) {
                throw new ConfigurationException(name + " is not there any more; plug it in");
            }
            return (_, _, _) -> {};
        });

        try (Vm vm = new Vm(withAdapter(config), wiring)) {
            vm.start();

            assertThat(vm.await())
                    .isEqualTo(new Outcome.Refused(
                            "the guest could not be started again: small/nic0 is not there any more; plug it in"));
        }
    }

    @Test
    void machineThatWasStoppedBeforeItsStartHasEnded() throws Exception {
        try (Vm vm = vm(true, "again: jmp again\n")) {
            vm.stop();
            vm.start();

            assertThat(vm.await()).isEqualTo(new Outcome.Stopped());
        }
    }

    @Test
    void tripleFaultIsACrashWithRegisters() throws Exception {
        Outcome outcome = run("""
                mov   eax, 0x12345678
                ud2
                """);

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Crashed.class, crash -> {
            assertThat(crash.reason()).contains("triple fault");
            assertThat(crash.report()).containsIgnoringCase("12345678");
        });
    }

    @Test
    void crashReportedByRegistersEndsTheRunWithItsText() throws Exception {
        Outcome outcome = run("""
                mov   ecx, 0x40000103
                mov   eax, message
                xor   edx, edx
                wrmsr
                mov   ecx, 0x40000104
                mov   eax, 26
                wrmsr
                mov   ecx, 0x40000105
                xor   eax, eax
                mov   edx, 0xC0000000
                wrmsr
                stop: hlt
                jmp   stop
                message: db "Kernel panic: out of coffee"
                """);

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Crashed.class,
                        crash -> assertThat(crash.reason()).endsWith("Kernel panic: out of coffe"));
    }

    @Test
    void whatIsTypedReachesTheGuest() throws Exception {
        try (Vm vm = vm(true, """
                mov   dx, 0x3FD
                wait: in al, dx
                test  al, 1
                jz    wait
                mov   dx, 0x3F8
                in    al, dx
                inc   al
                out   0xF4, al
                hlt
                """)) {
            vm.start();
            vm.view().console().receive(new byte[] {41}, 0, 1);

            assertThat(vm.await()).isEqualTo(new Outcome.DebugExit(85));
        }
    }

    @Test
    void pausedGuestStandsStillAndGoesOn() throws Exception {
        try (Vm vm = vm(true, "again: mov al, 'x'\n" + PRINT + "inc ebx\n jmp again\n")) {
            vm.start();
            console.take();
            vm.pause();
            String first = vm.registers();
            console.clear();
            long instructions = vm.view().instructions();

            assertThat(vm.registers()).isEqualTo(first);
            assertThat(vm.view().instructions()).isEqualTo(instructions);
            assertThat(console).isEmpty();

            vm.resume();
            assertThat(console.take()).isEqualTo('x');
        }
    }

    @Test
    void lifeCycleOutOfOrderIsRefused() throws Exception {
        try (Vm vm = vm(true, "hlt\n")) {
            assertThatThrownBy(vm::pause)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("CREATED");
            vm.start();
            assertThatThrownBy(vm::start).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void closedMachineHasEnded() throws Exception {
        Vm vm = vm(true, "again: jmp again\n");
        vm.start();

        vm.close();
        vm.close();

        assertThat(vm.await()).isInstanceOf(Outcome.Stopped.class);
    }

    @Test
    void adapterOnUnknownSwitchIsRefused() throws Exception {
        PartitionConfig config = withAdapter(SmallKernel.partition(folder, "small", true, "hlt\n"));

        assertThatThrownBy(() -> new Vm(config, new PartitionWiring(_ -> true)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("switch 'lan', which does not exist");
    }
}

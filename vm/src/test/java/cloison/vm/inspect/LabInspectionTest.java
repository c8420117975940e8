package cloison.vm.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.net.vswitch.SwitchType;
import cloison.vm.config.LabPlan;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import cloison.vm.run.SmallKernel;
import cloison.vm.run.Vm;
import cloison.vm.run.VmLab;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LabInspectionTest {
    private static final String LOOP = "again: jmp again\n";
    private static final String EXIT = "mov al, 21\nout 0xf4, al\nagain: jmp again\n";

    @TempDir
    private Path folder;

    private VmLab lab(@Nullable Consumer<String> trace, String program, NicConfig... nics) throws IOException {
        PartitionConfig small = SmallKernel.partition(folder, "web", true, program);
        PartitionConfig web = new PartitionConfig(
                small.name(),
                small.memoryBytes(),
                2,
                small.engine(),
                small.boot(),
                List.of(nics),
                true,
                small.debugExitPort());
        LabPlan plan = new LabPlan(
                "shop",
                List.of(new SwitchConfig("wan", SwitchType.INTERNAL), new SwitchConfig("lan", SwitchType.PRIVATE)),
                List.of(web));
        return new VmLab(plan, _ -> _ -> true, _ -> {}, trace, null);
    }

    private static Inspection at(VmLab lab, String path) {
        Inspection at = LabInspection.of(lab);
        for (String name : path.split("/")) {
            at = Objects.requireNonNull(((Inspection.Group) at).parts().get(name), path);
        }
        return at;
    }

    private static long count(VmLab lab, String path) {
        return ((Inspection.Count) at(lab, path)).value();
    }

    private static Iterable<String> names(Inspection group) {
        return ((Inspection.Group) group).parts().sequencedKeySet();
    }

    @Test
    void aLabHasItsPartitionsAndItsSwitches() throws IOException {
        NicConfig nic = new NicConfig("lan", NicConfig.Type.SYNTHETIC, NicConfig.mac("00:15:5d:00:00:01"), 10);
        try (VmLab lab = lab(null, LOOP, nic)) {
            assertThat(names(LabInspection.of(lab))).containsExactly("web", "switches");
            assertThat(names(at(lab, "switches"))).containsExactly("wan", "lan");
            assertThat(names(at(lab, "web/vp"))).containsExactly("0", "1");
            assertThat(at(lab, "web/engine")).isEqualTo(new Inspection.Text("interpreter"));
            assertThat(at(lab, "web/memory")).isEqualTo(new Inspection.Count(16 << 20, "bytes"));
            assertThat(at(lab, "web/nics/0/mac")).isEqualTo(new Inspection.Text("00:15:5d:00:00:01"));
            assertThat(at(lab, "web/nics/0/link")).isEqualTo(new Inspection.Flag(true));
            assertThat(at(lab, "web/nics/0/port/vlan")).isEqualTo(new Inspection.Text("10"));
            assertThat(at(lab, "web/nics/0/netvsp/sent-directed-bytes"))
                    .isEqualTo(new Inspection.Count(0, "bytes of the frames that the guest sent to one address"));
            assertThat(at(lab, "switches/lan/ports/1")).isEqualTo(at(lab, "web/nics/0/port"));
            assertThat(at(lab, "web/integration/heartbeat/health")).isEqualTo(new Inspection.Text("absent"));
            assertThat(at(lab, "web/vmbus/connected")).isEqualTo(new Inspection.Flag(false));
        }
    }

    @Test
    void countsOfARunningProcessorAreSeenToGrow() throws Exception {
        try (VmLab lab = lab(null, LOOP)) {
            assertThat(at(lab, "web/state")).isEqualTo(new Inspection.Text("created"));
            assertThat(count(lab, "web/vp/0/instructions")).isZero();

            Vm web = lab.machines().getFirst();
            web.start();

            assertThat(at(lab, "web/state")).isEqualTo(new Inspection.Text("running"));
            for (long more = 1; more < 1_000_000; more *= 10) {
                long before = count(lab, "web/vp/0/instructions");
                while (count(lab, "web/vp/0/instructions") < before + more) {
                    Thread.onSpinWait();
                }
            }
            assertThat(count(lab, "web/vp/1/instructions")).isZero();
            web.pause();
            assertThat(at(lab, "web/state")).isEqualTo(new Inspection.Text("paused"));
            assertThat(at(lab, "web/vp")).isEqualTo(at(lab, "web/vp"));
            assertThat(at(lab, "web/uptime")).isEqualTo(at(lab, "web/uptime"));
        }
    }

    @Test
    void aPartitionThatHasEndedSaysHow() throws Exception {
        VmLab lab = lab(null, EXIT);
        try (lab) {
            Vm web = lab.machines().getFirst();
            web.start();
            web.await();

            assertThat(at(lab, "web/state")).isEqualTo(new Inspection.Text("exited"));
            assertThat(count(lab, "web/status")).isEqualTo(43);
            assertThat(at(lab, "web/uptime")).isEqualTo(at(lab, "web/uptime"));
        }
        assertThat(at(lab, "web/state")).isEqualTo(new Inspection.Text("exited"));
        assertThat(count(lab, "web/vp/0/instructions")).isPositive();
    }

    @Test
    void aPartitionThatBreaksDownSaysWhy() throws Exception {
        try (VmLab lab = lab(null, "lidt [0]\nud2\n")) {
            Vm web = lab.machines().getFirst();
            web.start();
            web.await();

            assertThat(at(lab, "web/state")).isEqualTo(new Inspection.Text("crashed"));
            assertThat(at(lab, "web/reason")).isEqualTo(new Inspection.Text("web/vp-0: triple fault"));
        }
    }

    @Test
    void whatATraceCountsIsThereWithATraceOnly() throws Exception {
        // Writes HV_X64_MSR_GUEST_OS_ID.
        String program = "mov ecx, 0x40000000\nmov eax, 1\nmov edx, 0\nwrmsr\n" + EXIT;
        try (VmLab lab = lab(_ -> {}, program)) {
            assertThat(names(at(lab, "web"))).doesNotContain("wrmsr");
            lab.machines().getFirst().start();
            lab.machines().getFirst().await();

            assertThat(at(lab, "web/wrmsr/GUEST_OS_ID")).isEqualTo(new Inspection.Count(1, "times"));
        }
        try (VmLab lab = lab(null, program)) {
            lab.machines().getFirst().start();
            lab.machines().getFirst().await();

            assertThat(names(at(lab, "web"))).doesNotContain("wrmsr", "rdmsr", "hypercalls");
        }
    }
}

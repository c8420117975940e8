package cloison.vm.run;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.vm.config.LabPlan;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class VmLabTest {
    @TempDir
    private Path folder;

    @Test
    void captureThatBreaksEndsTheLab() throws Exception {
        LabPlan plan = new LabPlan(
                "lab",
                List.of(),
                List.of(
                        SmallKernel.partition(folder, "one", true, "again: jmp again\n"),
                        SmallKernel.partition(folder, "two", true, "again: jmp again\n")));
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int value) {
                throw new IllegalStateException("a rule was broken");
            }
        };

        try (VmLab lab = new VmLab(plan, _ -> _ -> true, _ -> {}, null, broken)) {
            lab.machines().forEach(Vm::start);

            for (Vm machine : lab.machines()) {
                assertThat(machine.await())
                        .isInstanceOfSatisfying(
                                Outcome.Failed.class,
                                failed -> assertThat(failed.reason())
                                        .contains("the capture of frames broke", "a rule was broken"));
            }
        }
    }
}

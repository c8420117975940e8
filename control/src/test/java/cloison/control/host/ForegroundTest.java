package cloison.control.host;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.vm.config.BootSource;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForegroundTest {
    private final ScriptedHost host = new ScriptedHost()
            .guest("quick", new ScriptedHost.Script("", new Outcome.PoweredOff()))
            .guest("slow", new ScriptedHost.Script("", null));

    @Test
    void aGuestThatIsNotDoneInTimeIsStoppedAndCalledLate() throws InterruptedException {
        List<Foreground.End> ends = run(Duration.ofMillis(1), "slow");

        assertThat(ends).singleElement().satisfies(end -> {
            assertThat(end.late()).isTrue();
            assertThat(end.outcome()).isEqualTo(new Outcome.Stopped());
        });
    }

    @Test
    void endsComeInTheOrderOfTheLab() throws InterruptedException {
        List<Foreground.End> ends = run(Duration.ofMinutes(1), "quick", "quick");

        assertThat(ends).extracting(Foreground.End::late).containsExactly(false, false);
        assertThat(ends).extracting(Foreground.End::outcome).containsOnly(new Outcome.PoweredOff());
    }

    @Test
    void aGuestThatWasDoneIsNotLateBecauseAnotherIs() throws InterruptedException {
        ScriptedHost two = new ScriptedHost()
                .guest("quick", new ScriptedHost.Script("", new Outcome.PoweredOff()))
                .guest("slow", new ScriptedHost.Script("", null));
        try (RunningLab lab = two.create(plan("quick", "slow"), new Observers(_ -> _ -> true, null, null))) {
            List<Foreground.End> ends = new Foreground(lab, Duration.ofSeconds(1), (_, _) -> {}).run();

            assertThat(ends).extracting(Foreground.End::late).containsExactly(false, true);
        }
    }

    private List<Foreground.End> run(Duration limit, String... names) throws InterruptedException {
        try (RunningLab lab = host.create(plan(names), new Observers(_ -> _ -> true, null, null))) {
            return new Foreground(lab, limit, (_, _) -> {}).run();
        }
    }

    private static LabPlan plan(String... names) {
        return new LabPlan(
                "lab",
                List.of(),
                Arrays.stream(names)
                        .map(name -> new PartitionConfig(
                                name,
                                64 * PartitionConfig.MIB,
                                1,
                                EngineName.AUTO,
                                new BootSource(Path.of("kernel"), null, ""),
                                List.of(),
                                false,
                                null))
                        .toList());
    }
}

package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// A stock guest on a real terminal, which script(1) makes.
@Execution(ExecutionMode.CONCURRENT)
class TerminalTest {
    private static final String PROMPT = "/ # ";
    private static final char INTERRUPT = 3;
    private static final char LEAVE = 0x1d;
    private static final Pattern MODES = Pattern.compile("\\[modes ([0-9a-f:]+)]");

    @BeforeEach
    void aTerminalCanBeMade() {
        assumeTrue(Tools.onPath("script"), "script is not installed");
    }

    @Test
    void everyKeyGoesToTheGuestButOneThatAsksItToShutDown() {
        try (Program program = Guest.of(Guest.CLOUD).runOnTerminal("--append", "console=ttyS0 quiet")) {
            program.await(PROMPT);
            // The sum shows that the guest is past its own echo of the line and that the new process has the terminal:
            // a key that reaches the shell while it makes that process does not reach the process.
            program.press("sh -c 'echo $((40 + 2)); exec sleep 10000'\r");
            program.await("42");
            program.press(String.valueOf(INTERRUPT));
            program.await(PROMPT);
            program.press("echo status $?\r");
            program.await("status 130");
            program.press(String.valueOf(LEAVE));

            assertThat(program.status()).as(program::toString).isZero();
            assertThat(program.output()).contains("cloison: asking guest to shut down", "cloison: guest powered off");
            assertTheTerminalIsAsBefore(program);
        }
    }

    @Test
    void theKeyStopsAGuestThatHasNoDriverToAsk() {
        try (Program program = Guest.of(Guest.CLOUD).runOnTerminal()) {
            program.await("Linux version");
            program.press(String.valueOf(LEAVE));

            assertThat(program.status()).as(program::toString).isEqualTo(130);
            assertTheTerminalIsAsBefore(program);
        }
    }

    @Test
    void aRunThatIsRefusedLeavesTheTerminalAsItIs() {
        try (Program program = Guest.of(Guest.CLOUD).runOnTerminal("--memory", "32M")) {
            assertThat(program.status()).as(program::toString).isEqualTo(2);
            assertTheTerminalIsAsBefore(program);
        }
    }

    private static void assertTheTerminalIsAsBefore(Program program) {
        List<String> modes = MODES.matcher(program.output())
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(modes).as(program::toString).hasSize(2);
        assertThat(modes.getLast()).isEqualTo(modes.getFirst());
    }
}

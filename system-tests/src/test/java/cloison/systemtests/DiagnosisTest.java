package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What looks into a JVM, or stops its threads, while processors run a guest.
class DiagnosisTest {
    private static final String JCMD =
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();

    /// The SHA-256 of the numbers 1 to 400, a line each.
    private static final String SUM = "079c7f8c11c1f937511ef9b17fdcc14345730c69d29d3d269175eb545ce02f45";

    @TempDir
    private Path folder;

    @Test
    void aGuestComputesOnWhileItsJvmIsLookedInto() throws IOException {
        try (Program program = Guest.of(Guest.CLOUD).run("--cpus", "2", "--name", "busy")) {
            Shell shell = new Shell(program);
            shell.run("for i in 1 2; do"
                    + " while test ! -e /tmp/enough; do seq 1 400 | sha256sum; done > /tmp/sums.$i & done");

            Path recording = folder.resolve("recording.jfr");
            assertThat(jcmd(program, "JFR.start", "name=look", "settings=profile"))
                    .contains("Started recording");
            boolean sampled = false;
            for (int i = 0; i < 20 && !sampled; i++) {
                assertThat(jcmd(program, "Thread.print", "-l")).contains("\"busy/vp-0\"", "\"busy/vp-1\"");
                jcmd(program, "GC.run");
                assertThat(jcmd(program, "GC.class_histogram")).contains("cloison.cpu.translate");
                shell.run("for i in $(seq 40); do seq 1 400 | sha256sum; done | uniq > /tmp/mine");
                assertThat(shell.run("cat /tmp/mine")).startsWith(SUM);
                jcmd(program, "JFR.dump", "name=look", "filename=" + recording);
                sampled = recordsAProcessor(recording);
            }
            assertThat(sampled).isTrue();
            assertThat(RecordingFile.readAllEvents(recording))
                    .anyMatch(event -> event.getEventType().getName().equals("jdk.GarbageCollection"));
            assertThat(jcmd(program, "JFR.stop", "name=look")).contains("Stopped recording");

            shell.run("touch /tmp/enough; wait");
            assertThat(shell.run("cat /tmp/sums.? | uniq").lines()).containsExactly(SUM + "  -");
            assertThat(shell.complaints()).isEmpty();
            shell.last("poweroff");

            assertThat(program.status()).as(program::toString).isZero();
        }
    }

    private String jcmd(Program program, String... command) {
        List<String> words = new ArrayList<>(List.of(JCMD, program.pid()));
        words.addAll(List.of(command));
        return Tools.run(folder, words.toArray(String[]::new));
    }

    private static boolean recordsAProcessor(Path recording) throws IOException {
        return RecordingFile.readAllEvents(recording).stream().anyMatch(DiagnosisTest::isSampleOfAProcessor);
    }

    private static boolean isSampleOfAProcessor(RecordedEvent event) {
        String kind = event.getEventType().getName();
        if (!kind.equals("jdk.NativeMethodSample") && !kind.equals("jdk.ExecutionSample")) {
            return false;
        }
        RecordedThread thread = event.getThread("sampledThread");
        return thread != null && thread.getJavaName().startsWith("busy/vp-");
    }
}

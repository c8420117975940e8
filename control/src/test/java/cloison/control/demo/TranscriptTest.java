package cloison.control.demo;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TranscriptTest {
    private final Transcript transcript = new Transcript();

    @Test
    void markedLinesAreUnderstoodAndToldInWords() {
        assertThat(transcript.read("@cloison init 3.23")).contains("3.23 s");
        assertThat(transcript.read("[    3.5] hv_vmbus: @cloison vmbus 5.3")).isEqualTo("agreed on VMBus 5.3");
        assertThat(transcript.read("@cloison ping 0.512")).contains("0.512 ms");
        assertThat(transcript.read("@cloison ping 0.4")).isNull();
        assertThat(transcript.read("@cloison missing hv_utils")).isEqualTo("could not load hv_utils");
        transcript.read("@cloison sent 123456789");
        transcript.read("@cloison counter tx_packets 42");
        transcript.read("@cloison end done");

        assertThat(transcript.initUptime()).isEqualTo(3.23);
        assertThat(transcript.vmbusVersion()).isEqualTo("5.3");
        assertThat(transcript.pings()).containsExactly(0.512, 0.4);
        assertThat(transcript.sentBits()).isEqualTo(123456789.0);
        assertThat(transcript.count(Transcript.Count.TX_PACKETS)).isEqualTo(42);
        assertThat(transcript.missing()).containsExactly("hv_utils");
        assertThat(transcript.end()).isEqualTo("done");
    }

    @Test
    void otherLinesAreNotOurs() {
        assertThat(transcript.read("Linux version 6.1.0-56-cloud-amd64")).isNull();
        assertThat(transcript.read("@cloisonish init 1")).isNull();
        assertThat(transcript.read("@cloison fly away")).isNull();
        assertThat(transcript.initUptime()).isNull();
    }

    @Test
    void garbledNumbersAreNotCounted() {
        for (String line : new String[] {
            "init NaN",
            "ping x",
            "sent",
            "sent -5",
            "counter rx_packets",
            "counter rx_packets 1 2",
            "complaints 1e9",
            "init Infinity"
        }) {
            transcript.read("@cloison " + line);
        }

        assertThat(transcript.initUptime()).isNull();
        assertThat(transcript.pings()).isEmpty();
        assertThat(transcript.sentBits()).isNull();
        assertThat(transcript.count(Transcript.Count.RX_PACKETS)).isNull();
        assertThat(transcript.complaints()).isNull();
    }

    @Test
    void aGuestThatSaysAnythingCannotMakeItGrowOrFail() {
        String[] words = {"ping 1.0", "missing x", "problem y", "counter rx_packets 1", "init 1", "end", ""};
        for (int i = 0; i < 30_000; i++) {
            transcript.read("@cloison " + words[i % words.length]);
        }
        Samples.check(500, random -> {
            byte[] bytes = new byte[random.nextInt(60)];
            random.nextBytes(bytes);
            transcript.read("@cloison " + new String(bytes, StandardCharsets.ISO_8859_1));
        });

        assertThat(transcript.pings()).hasSizeLessThanOrEqualTo(10_000);
        assertThat(transcript.missing()).hasSizeLessThanOrEqualTo(20);
        assertThat(transcript.problems()).hasSizeLessThanOrEqualTo(20);
    }
}

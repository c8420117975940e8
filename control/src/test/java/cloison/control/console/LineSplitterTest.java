package cloison.control.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private final List<String> lines = new ArrayList<>();
    private final LineSplitter splitter = new LineSplitter(lines::add);

    @Test
    void linesAreCutAtLineFeedsWhereverTheBytesCome() {
        take("one\r\ntw");
        take("o\n\nthree");
        splitter.end();

        assertThat(lines).containsExactly("one", "two", "", "three");
    }

    @Test
    void aLetterOfSeveralBytesMayComeInTwoParts() {
        byte[] text = "é\n".getBytes(StandardCharsets.UTF_8);
        splitter.take(new byte[] {text[0]}, 1);
        splitter.take(new byte[] {text[1], text[2]}, 2);

        assertThat(lines).containsExactly("é");
    }

    @Test
    void aLineWithoutAnEndIsCut() {
        take("x".repeat(10_000) + "\n");

        assertThat(lines)
                .hasSize(3)
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(4096));
        assertThat(String.join("", lines)).hasSize(10_000);
    }

    @Test
    void aGuestCannotMoveTheCursor() {
        take("a\u001b[2Jb\u0007\tc\n");

        assertThat(lines).containsExactly("a[2Jb\tc");
    }

    private void take(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        splitter.take(bytes, bytes.length);
    }
}

package cloison.chipset;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fuzz")
class ChipsetFuzzTest {
    private static final class Bytes implements IntSupplier {
        private final byte[] bytes;
        private int at;

        Bytes(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int getAsInt() {
            return at < bytes.length ? bytes[at++] & 0xFF : -1;
        }
    }

    private static void check(byte[] script) {
        Board board = new Board(2);

        new GuestScript(board, new Bytes(script)).run();

        assertThat(board.in(0x64) & 3).isZero();
        board.advance(1_000_000_000L);
    }

    @FuzzTest(maxDuration = "2m")
    void noSequenceOfAccessesThrows(byte[] script) {
        check(script);
    }

    @Test
    void noRandomSequenceOfAccessesThrows() {
        Samples.check(500, random -> {
            byte[] script = new byte[20_000];
            random.nextBytes(script);
            check(script);
        });
    }
}

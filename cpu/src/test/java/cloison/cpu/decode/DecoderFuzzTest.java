package cloison.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.Decoder.Outcome;
import cloison.machine.Samples;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// The decoder with any bytes: it is total, needs no byte more than it names, and asks for those that are missing.
@Tag("fuzz")
class DecoderFuzzTest {
    private static final int[] MODES = {16, 32, 64};
    private static final List<Row> ROWS = OpcodeTable.standard().rows();
    private static final FormSamples.Limits LIMITS =
            new FormSamples.Limits(List.of(0, 1, 2, 4, 5), List.of(3, 5, 6), List.of(7), -1000, 1000, 20);

    private static void check(byte[] bytes) {
        for (int mode : MODES) {
            check(bytes, mode);
        }
    }

    private static void check(byte[] bytes, int mode) {
        Decoder decoder = new Decoder(OpcodeTable.standard());
        Instruction instruction = decoder.decode(bytes, 0, bytes.length, mode, 0x1000);
        Outcome outcome = decoder.outcome();

        assertThat(instruction != null).isEqualTo(outcome == Outcome.DONE);
        if (bytes.length >= Decoder.LONGEST) {
            assertThat(outcome).isNotEqualTo(Outcome.MORE);
        }
        if (instruction == null) {
            return;
        }
        assertThat(instruction.length).isBetween(1, Math.min(bytes.length, Decoder.LONGEST));
        assertThat(Disassembler.text(instruction)).isNotBlank();
        byte[] whole = Arrays.copyOf(bytes, instruction.length);
        Instruction again = decoder.decode(whole, 0, whole.length, mode, 0x1000);
        assertThat(again).isNotNull();
        assertThat(Disassembler.text(again)).isEqualTo(Disassembler.text(instruction));
        for (int length = 0; length < instruction.length; length++) {
            assertThat(decoder.decode(Arrays.copyOf(bytes, length), 0, length, mode, 0x1000))
                    .isNull();
            assertThat(decoder.outcome()).isEqualTo(Outcome.MORE);
        }
    }

    /// {@return bytes that are more often an instruction than chance would have it}
    private static byte[] sample(Random random) {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        Row row = ROWS.get(random.nextInt(ROWS.size()));
        int mode = MODES[random.nextInt(MODES.length)];
        if (random.nextInt(4) != 0 && FormSamples.exists(row, mode)) {
            byte[] code = FormSamples.encode(row, mode, random, LIMITS);
            bytes = Arrays.copyOf(code, code.length + random.nextInt(3));
            if (random.nextBoolean()) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
        }
        return bytes;
    }

    @FuzzTest(maxDuration = "2m")
    void decodingIsTotal(byte[] bytes) {
        check(bytes);
    }

    @Test
    void decodingRandomBytesIsTotal() {
        Samples.check(8_000, random -> check(sample(random)));
    }
}

package cloison.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormSamplesTest {
    private static final FormSamples.Limits WIDE = new FormSamples.Limits(
            List.of(0, 1, 2, 3, 5, 6, 7, 8, 11, 15), List.of(3, 12, 13, 5), List.of(6, 9), -300, 300, 0);
    private static final FormSamples.Limits NARROW =
            new FormSamples.Limits(List.of(0, 1, 2, 3, 5, 6, 7), List.of(3, 5, 6), List.of(6, 7), -300, 300, 0);

    @Test
    void everyRowDecodesAsItWasEncodedInEveryMode() {
        Decoder decoder = new Decoder(OpcodeTable.standard());

        Samples.check(60, random -> {
            for (int mode : new int[] {16, 32, 64}) {
                for (Row row : OpcodeTable.standard().rows()) {
                    if (!FormSamples.exists(row, mode)) {
                        continue;
                    }
                    Encoding encoding = FormSamples.encoding(row, mode, random, mode == 64 ? WIDE : NARROW);
                    byte[] bytes = encoding.bytes();
                    Instruction decoded = decoder.decode(bytes, 0, bytes.length, mode, 0x1000);

                    String what = "%s in mode %d as %s"
                            .formatted(row, mode, HexFormat.of().formatHex(bytes));
                    assertThat(decoded).as(what).isNotNull();
                    assertThat(decoded.length).as(what).isEqualTo(bytes.length);
                    assertThat(decoded.lock).as(what).isEqualTo(encoding.lock);
                    if (decoded.row != row) {
                        assertThat(decoded.row.form().rank())
                                .as(what)
                                .isGreaterThan(row.form().rank());
                        continue;
                    }
                    assertThat(decoded.operandSize).as(what).isEqualTo(encoding.operandSize);
                    if (encoding.memory) {
                        assertThat(decoded.base).as(what).isEqualTo(encoding.base);
                        assertThat(decoded.displacement).as(what).isEqualTo(encoding.displacement);
                    }
                }
            }
        });
    }
}

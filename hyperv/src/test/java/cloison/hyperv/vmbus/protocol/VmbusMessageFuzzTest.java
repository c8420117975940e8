package cloison.hyperv.vmbus.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Choices;
import cloison.machine.Samples;
import cloison.machine.wire.Wire;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Control messages of any bytes, types and lengths: decoding is total, keeps nothing of the buffer, and makes no
/// more than the bytes there are.
@Tag("fuzz")
class VmbusMessageFuzzTest {
    private static final int LAST_TYPE = 32;

    private static void check(byte[] bytes) {
        checkOne(bytes);
        byte[] typed = Arrays.copyOf(bytes, Math.max(bytes.length, VmbusMessage.HEADER_SIZE));
        for (int type = 0; type <= LAST_TYPE; type++) {
            Wire.put32(typed, 0, type);
            checkOne(typed);
        }
    }

    private static void checkOne(byte[] bytes) {
        byte[] buffer = Arrays.copyOf(bytes, bytes.length + 64);
        GuestMessage message = GuestMessage.decode(buffer, bytes.length);
        String text = message.toString();
        assertThat(text.length()).isLessThan(1000);
        switch (message) {
            case GuestMessage.GpadlHeader header ->
                assertThat(GuestMessage.GpadlHeader.SIZE + 8 * header.pfns().length)
                        .isLessThanOrEqualTo(bytes.length);
            case GuestMessage.GpadlBody body ->
                assertThat(GuestMessage.GpadlBody.SIZE + 8 * body.pfns().length).isLessThanOrEqualTo(bytes.length);
            case GuestMessage.Malformed(int type, int size) -> {
                assertThat(size).isEqualTo(bytes.length);
                assertThat(type).isEqualTo(bytes.length < VmbusMessage.HEADER_SIZE ? 0 : Wire.i32(bytes, 0));
            }
            case GuestMessage.Unknown(int type, int size) -> {
                assertThat(size).isEqualTo(bytes.length);
                assertThat(type).isEqualTo(Wire.i32(bytes, 0));
            }
            default -> assertThat(bytes.length).isGreaterThanOrEqualTo(VmbusMessage.HEADER_SIZE);
        }

        Arrays.fill(buffer, (byte) 0xEE);
        assertThat(message).hasToString(text);
    }

    @FuzzTest(maxDuration = "2m")
    void decodingIsTotal(byte[] bytes) {
        check(bytes);
    }

    @Test
    void decodingRandomBytesIsTotal() {
        Samples.check(2000, random -> {
            byte[] script = new byte[random.nextInt(300)];
            random.nextBytes(script);
            Choices choices = new Choices(script);
            byte[] bytes = new byte[choices.below(VmbusMessage.LARGEST + 1)];
            for (int at = 0; at + 4 <= bytes.length; at += 4) {
                Wire.put32(bytes, at, choices.word());
            }
            check(bytes);
        });
    }
}

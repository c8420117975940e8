package cloison.vsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.machine.Samples;
import cloison.vsp.heartbeat.protocol.Beat;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.kvp.protocol.KvpBody;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.RndisMessage;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Every decoder of guest bytes, with any bytes and any length: decoding is total, and what it names lies inside.
@Tag("fuzz")
class ProtocolFuzzTest {
    private static void check(byte[] bytes) {
        for (NvspVersion version : NvspVersion.values()) {
            assertThat(NvspMessage.decode(bytes, bytes.length, version)).isNotNull();
        }
        switch (RndisMessage.decode(bytes, bytes.length)) {
            case RndisMessage.Query query ->
                assertThat(query.at() + query.length()).isLessThanOrEqualTo(bytes.length);
            case RndisMessage.Set set -> assertThat(set.at() + set.length()).isLessThanOrEqualTo(bytes.length);
            case RndisMessage other -> assertThat(other).isNotNull();
        }
        assertThat(IcMessage.decode(bytes, bytes.length)).isNotNull();
        assertThat(Beat.decode(bytes)).isNotNull();
        byte[] exchange = Arrays.copyOf(bytes, Math.max(bytes.length, KvpBody.SIZE));
        assertThat(KvpBody.decode(bytes)).isNotNull();
        if (KvpBody.decode(exchange) instanceof KvpBody.Pair pair) {
            assertThat(pair.key().length()).isLessThanOrEqualTo(KvpBody.KEY_LIMIT / 2);
            assertThat(pair.value().length()).isLessThanOrEqualTo(KvpBody.VALUE_LIMIT / 2);
        }
    }

    @FuzzTest(maxDuration = "2m")
    void decodingIsTotal(byte[] bytes) {
        check(bytes);
    }

    @Test
    void decodingRandomBytesIsTotal() {
        Samples.check(2000, random -> {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            if (bytes.length > 3 && random.nextBoolean()) {
                Arrays.fill(bytes, 1, 4, (byte) 0);
                bytes[0] = (byte) (random.nextBoolean() ? 1 + random.nextInt(8) : 100 + random.nextInt(40));
            }
            check(bytes);
        });
    }
}

package cloison.vsp.kvp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.wire.Wire;
import cloison.vsp.ic.IcGuest;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.kvp.protocol.KvpBody;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KvpVspTest {
    private static final List<KvpItem> ITEMS = List.of(
            new KvpItem("FullyQualifiedDomainName", "web.example"),
            new KvpItem("OSName", "Debian GNU/Linux"),
            new KvpItem("Empty", ""));

    private final KvpVsp device = new KvpVsp();
    private final IcGuest guest = new IcGuest();

    /// Puts a pair where the answer to an operation has it.
    private static byte[] with(byte[] body, int at, int type, String key, String value) {
        byte[] whole = body.clone();
        byte[] keyBytes = (key + '\0').getBytes(StandardCharsets.UTF_16LE);
        byte[] valueBytes = (value + '\0').getBytes(StandardCharsets.UTF_16LE);
        Wire.put32(whole, at, type);
        Wire.put32(whole, at + 4, keyBytes.length);
        Wire.put32(whole, at + 8, valueBytes.length);
        System.arraycopy(keyBytes, 0, whole, at + 12, keyBytes.length);
        System.arraycopy(valueBytes, 0, whole, at + 524, valueBytes.length);
        return whole;
    }

    private static String text(byte[] body, int at, int size) {
        return new String(Arrays.copyOfRange(body, at, at + size), StandardCharsets.UTF_16LE);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 3})
    void aPoolIsEnumeratedItemByItem(int version) {
        guest.open(device, version, 0);
        CompletableFuture<KvpAnswer> answer = device.enumerate(KvpPool.AUTO);

        for (int i = 0; i < ITEMS.size(); i++) {
            IcGuest.Request request = guest.next();
            assertThat(request.type()).isEqualTo(2);
            byte[] body = request.body();
            assertThat(body[0]).isEqualTo((byte) 3);
            assertThat(body[1]).isEqualTo((byte) 2);
            assertThat(Wire.u32(body, 4)).isEqualTo(i);
            KvpItem item = ITEMS.get(i);
            guest.answer(request, IcMessage.STATUS_OK, with(body, 8, 1, item.key(), item.value()));
        }
        guest.answer(guest.next(), IcMessage.STATUS_NO_MORE_ITEMS, new byte[0]);

        assertThat(answer).isCompletedWithValue(new KvpAnswer.Items(ITEMS, true));
    }

    @Test
    void oneItemIsReadByEnumeratingUntilItComes() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> answer = device.read(KvpPool.GUEST, "Größe");

        for (int i = 0; i < 2; i++) {
            IcGuest.Request request = guest.next();
            byte[] body = request.body();
            assertThat(body[0]).isEqualTo((byte) 3);
            assertThat(body[1]).isEqualTo((byte) 1);
            assertThat(Wire.u32(body, 4)).isEqualTo(i);
            byte[] pair = i == 0 ? with(body, 8, 1, "Farbe", "blau") : with(body, 8, 1, "Größe", "42 m²");
            guest.answer(request, IcMessage.STATUS_OK, pair);
        }

        assertThat(answer).isCompletedWithValue(new KvpAnswer.Items(List.of(new KvpItem("Größe", "42 m²")), true));
        assertThat(guest.next()).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"OSName", "colour", "Empty", "absent"})
    void aPairIsReadFromAGuestThatAnswersAsLinuxDoes(String key) {
        List<KvpItem> pool = List.of(new KvpItem("colour", "blue"), new KvpItem("Empty", ""), ITEMS.get(1));
        LinuxDaemon daemon = new LinuxDaemon(pool);
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> answer = device.read(KvpPool.GUEST, key);

        for (IcGuest.Request next = guest.next(); next != null; next = guest.next()) {
            daemon.answer(next, guest);
        }

        assertThat(answer.join())
                .isEqualTo(pool.stream()
                        .filter(item -> item.key().equals(key))
                        .<KvpAnswer>map(item -> new KvpAnswer.Items(List.of(item), true))
                        .findFirst()
                        .orElse(new KvpAnswer.NotFound()));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 11})
    void numbersAreReadAsText(int type) {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> answer = device.read(KvpPool.GUEST, "n");
        IcGuest.Request request = guest.next();
        byte[] body = with(request.body(), 8, type, "n", "");
        Wire.put64(body, 532, -1);

        guest.answer(request, IcMessage.STATUS_OK, body);

        String expected = type == 4 ? "4294967295" : "18446744073709551615";
        assertThat(answer).isCompletedWithValue(new KvpAnswer.Items(List.of(new KvpItem("n", expected)), true));
    }

    @Test
    void theHostWritesAndDeletesInTheExternalPool() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> written = device.write("colour", "blue");
        CompletableFuture<KvpAnswer> deleted = device.delete("colour");

        IcGuest.Request set = guest.next();
        byte[] body = set.body();
        assertThat(body[0]).isEqualTo((byte) 1);
        assertThat(body[1]).isZero();
        assertThat(Wire.u32(body, 4)).isEqualTo(1);
        assertThat(text(body, 16, (int) Wire.u32(body, 8))).isEqualTo("colour\0");
        assertThat(text(body, 528, (int) Wire.u32(body, 12))).isEqualTo("blue\0");
        guest.answer(set, IcMessage.STATUS_OK, new byte[0]);
        IcGuest.Request delete = guest.next();
        assertThat(delete.body()[0]).isEqualTo((byte) 2);
        assertThat(text(delete.body(), 8, (int) Wire.u32(delete.body(), 4))).isEqualTo("colour\0");
        guest.answer(delete, IcMessage.STATUS_NO_MORE_ITEMS, new byte[0]);

        assertThat(written).isCompletedWithValue(new KvpAnswer.Done());
        assertThat(deleted).isCompletedWithValue(new KvpAnswer.NotFound());
    }

    @Test
    void aKeyThatIsNotThereIsNotFoundAndATroubleIsTold() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> missing = device.read(KvpPool.GUEST, "x");
        CompletableFuture<KvpAnswer> failing = device.enumerate(KvpPool.GUEST);

        guest.answer(guest.next(), IcMessage.STATUS_NO_MORE_ITEMS, new byte[0]);
        guest.answer(guest.next(), IcMessage.STATUS_FAILED, new byte[0]);

        assertThat(missing).isCompletedWithValue(new KvpAnswer.NotFound());
        assertThat(failing).isCompletedWithValue(new KvpAnswer.Failed(IcMessage.STATUS_FAILED));
    }

    @Test
    void aDaemonThatRegistersLateIsWaitedFor() {
        guest.open(device);
        assertThat(device.read(KvpPool.GUEST, "early").join()).isInstanceOf(KvpAnswer.Unavailable.class);
        for (int i = 0; i < 100; i++) {
            guest.pair().settle();
        }

        guest.choose(4, 0);
        CompletableFuture<KvpAnswer> answer = device.read(KvpPool.GUEST, "late");

        assertThat(device.ready()).isTrue();
        assertThat(guest.next()).isNotNull();
        assertThat(answer).isNotDone();
    }

    @Test
    void anEndlessEnumerationIsCutOff() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> answer = device.enumerate(KvpPool.GUEST);

        for (IcGuest.Request next = guest.next(); next != null; next = guest.next()) {
            guest.answer(next, IcMessage.STATUS_OK, with(next.body(), 8, 1, "again", "and again"));
        }

        assertThat(answer.join()).isInstanceOfSatisfying(KvpAnswer.Items.class, items -> {
            assertThat(items.items()).hasSize(KvpExchanges.ITEM_LIMIT);
            assertThat(items.complete()).isFalse();
        });
    }

    @Test
    void aSearchEndsWhereAnEnumerationIsCutOff() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> answer = device.read(KvpPool.GUEST, "sought");

        for (IcGuest.Request next = guest.next(); next != null; next = guest.next()) {
            guest.answer(next, IcMessage.STATUS_OK, with(next.body(), 8, 1, "another", ""));
        }

        assertThat(answer.join())
                .isInstanceOfSatisfying(
                        KvpAnswer.Unavailable.class,
                        unavailable -> assertThat(unavailable.why()).contains("'sought'", "1024"));
    }

    @Test
    void sizesThatDoNotFitAreAFailure() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> answer = device.read(KvpPool.GUEST, "x");
        IcGuest.Request request = guest.next();
        byte[] body = with(request.body(), 8, 1, "x", "y");
        Wire.put32(body, 16, KvpBody.VALUE_LIMIT + 1);

        guest.answer(request, IcMessage.STATUS_OK, body);

        assertThat(answer).isCompletedWithValue(new KvpAnswer.Failed(IcMessage.STATUS_FAILED));
    }

    @Test
    void keysAndValuesThatDoNotFitAreTheOperatorsError() {
        assertThatThrownBy(() -> device.write("", "x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> device.delete("k".repeat(256))).hasMessageContaining("255");
        assertThatThrownBy(() -> device.write("k", "v".repeat(1024)))
                .hasMessageContaining("'k'")
                .hasMessageContaining("1023");
        assertThat(device.write("k".repeat(255), "v".repeat(1023)).join()).isInstanceOf(KvpAnswer.Unavailable.class);
    }

    @Test
    void aGuestThatClosesLeavesNoRequestWithoutAnswer() {
        guest.open(device, 4, 0);
        CompletableFuture<KvpAnswer> asked = device.enumerate(KvpPool.GUEST);
        CompletableFuture<KvpAnswer> waiting = device.read(KvpPool.GUEST, "x");
        guest.next();

        guest.close();

        assertThat(asked.join()).isInstanceOf(KvpAnswer.Unavailable.class);
        assertThat(waiting.join()).isInstanceOf(KvpAnswer.Unavailable.class);
    }
}

package cloison.hyperv.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.processor.Invalidation;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HypercallDispatcherTest {
    private static final int POST = 0x5C;
    private static final int SIGNAL = 0x5D;
    private static final int FLUSH = 0x02;
    private static final int FLUSH_LIST = 0x03;
    private static final int FLUSH_EX = 0x13;
    private static final int FLUSH_LIST_EX = 0x14;
    private static final int LONG_SPIN = 0x08;
    private static final int IPI = 0x0B;
    private static final int IPI_EX = 0x15;
    private static final long FAST = 1 << 16;
    private static final long BLOCK = 100 << 12;

    private final GuestRam ram = new GuestRam(256, 0);
    private final List<String> posted = new ArrayList<>();
    private final List<String> signalled = new ArrayList<>();
    private final List<String> interrupts = new ArrayList<>();
    private final List<String> flushes = new ArrayList<>();
    private int answer = HvStatus.SUCCESS;
    private HypercallDispatcher hypercalls =
            dispatcher(HypervisorConfig.standard().features());

    private HypercallDispatcher dispatcher(Features features) {
        Connections connections = new Connections() {
            @Override
            public int postMessage(int connection, int type, byte[] from, int at, int length) {
                posted.add("%x %x %s"
                        .formatted(connection, type, Arrays.toString(Arrays.copyOfRange(from, at, at + length))));
                return answer;
            }

            @Override
            public int signalEvent(int connection, int flag) {
                signalled.add("%x %x".formatted(connection, flag));
                return answer;
            }
        };
        ProcessorControl control = new ProcessorControl() {
            @Override
            public void idle(int vp) {}

            @Override
            public void forget(int vp, long[] of, Invalidation what) {
                StringBuilder text = new StringBuilder("vp%d to %x %x:".formatted(vp, of[0], of[1]));
                if (what.isAll()) {
                    text.append(what.isGlobal() ? " all" : " local");
                }
                for (int i = 0; i < what.count(); i++) {
                    text.append(" %x".formatted(what.page(i)));
                }
                flushes.add(text.toString());
            }
        };
        VectorSink[] processors = new VectorSink[70];
        for (int vp = 0; vp < processors.length; vp++) {
            String name = "vp" + vp + " ";
            processors[vp] = vector -> interrupts.add(name + vector);
        }
        return new HypercallDispatcher(ram.memory(), features, connections, processors, control);
    }

    private int call(long control, long input, long output) {
        long result = hypercalls.call(0, control, input, output);
        assertThat(result >>> 16).isZero();
        return (int) result;
    }

    private void message(long gpa, int connection, int type, int size, byte... payload) {
        byte[] block = new byte[16 + payload.length];
        Wire.put32(block, 0, connection);
        Wire.put32(block, 8, type);
        Wire.put32(block, 12, size);
        System.arraycopy(payload, 0, block, 16, payload.length);
        ram.write(gpa, block);
    }

    // the control word

    @ParameterizedTest
    @ValueSource(ints = {27, 28, 29, 30, 31, 44, 45, 46, 47, 60, 61, 62, 63})
    void reservedBitsAreRefused(int bit) {
        assertThat(call(SIGNAL | FAST | 1L << bit, 1, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(signalled).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 0x12, 0x46, 0x7E, 0x8001, 0xFFFF})
    void unknownCodesAreRefused(int code) {
        assertThat(call(code, BLOCK, BLOCK)).isEqualTo(HvStatus.INVALID_HYPERCALL_CODE);
        assertThat(call(code | FAST, 0, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_CODE);
    }

    @Test
    void simpleCallsHaveNoRepetitions() {
        assertThat(call(SIGNAL | FAST | 1L << 32, 1, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(call(SIGNAL | FAST | 1L << 48, 1, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
    }

    @Test
    void onlyCallsWithVariableHeadersTakeThem() {
        assertThat(call(SIGNAL | 1 << 17, BLOCK, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(call(IPI_EX | 65 << 17, BLOCK, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
    }

    @Test
    void longInputsAreNotFast() {
        assertThat(call(POST | FAST, 1, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(call(IPI_EX | FAST, 1, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {BLOCK + 1, BLOCK + 4, BLOCK + 4096 - 248, 256 << 12, 0xC000_0000L, 0x7FFF_FFFF_FFFF_F000L, -4096})
    void inputsMustBeAlignedInOnePageOfMemory(long gpa) {
        assertThat(call(POST, gpa, 0)).isEqualTo(HvStatus.INVALID_ALIGNMENT);
        assertThat(posted).isEmpty();
    }

    // PostMessage

    @Test
    void aMessageGoesToItsConnection() {
        message(BLOCK + 8, 4, 1, 3, (byte) 7, (byte) 8, (byte) 9, (byte) 10);
        answer = HvStatus.INSUFFICIENT_BUFFERS;

        assertThat(call(POST, BLOCK + 8, 0)).isEqualTo(HvStatus.INSUFFICIENT_BUFFERS);
        assertThat(posted).containsExactly("4 1 [7, 8, 9]");
    }

    @Test
    void aBlockMayEndWithItsPage() {
        message(BLOCK + 4096 - 256, 1, 1, 240, new byte[240]);

        assertThat(call(POST, BLOCK + 4096 - 256, 0)).isEqualTo(HvStatus.SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(ints = {241, 0x1_0000, Integer.MAX_VALUE, -1})
    void aMessageOfMoreThan240BytesIsRefused(int size) {
        message(BLOCK, 1, 1, size);

        assertThat(call(POST, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, Integer.MIN_VALUE, -1})
    void typesOfTheHypervisorAreRefused(int type) {
        message(BLOCK, 1, type, 0);

        assertThat(call(POST, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
    }

    @Test
    void postingNeedsThePrivilege() {
        hypercalls = dispatcher(Features.standard().without(Feature.POST_MESSAGES));
        message(BLOCK, 1, 1, 0);

        assertThat(call(POST, BLOCK, 0)).isEqualTo(HvStatus.ACCESS_DENIED);
    }

    // SignalEvent

    @Test
    void anEventIsSignalledFromRegistersOrMemory() {
        assertThat(call(SIGNAL | FAST, 0x0005_0000_2007L, -1)).isEqualTo(HvStatus.SUCCESS);
        byte[] block = new byte[8];
        Wire.put32(block, 0, 0x2008);
        ram.write(BLOCK + 4096 - 8, block);
        assertThat(call(SIGNAL, BLOCK + 4096 - 8, 0)).isEqualTo(HvStatus.SUCCESS);

        assertThat(signalled).containsExactly("2007 5", "2008 0");
    }

    @Test
    void signallingNeedsThePrivilege() {
        hypercalls = dispatcher(Features.standard().without(Feature.SIGNAL_EVENTS));

        assertThat(call(SIGNAL | FAST, 0x2001, 0)).isEqualTo(HvStatus.ACCESS_DENIED);
    }

    // interrupts between processors

    @Test
    void aMaskOfProcessorsIsInterrupted() {
        assertThat(call(IPI | FAST, 0xFB, 1L << 63 | 5)).isEqualTo(HvStatus.SUCCESS);

        assertThat(interrupts).containsExactly("vp0 251", "vp2 251", "vp63 251");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 15, 256, 0x1_0000_00FBL})
    void impossibleVectorsAndTrustLevelsAreRefused(long vector) {
        assertThat(call(IPI | FAST, vector, -1)).isEqualTo(HvStatus.INVALID_PARAMETER);
        assertThat(interrupts).isEmpty();
    }

    private void set(long vector, long format, long... masks) {
        byte[] block = new byte[16 + 8 * masks.length];
        Wire.put64(block, 0, vector);
        Wire.put64(block, 8, format);
        for (int i = 0; i < masks.length; i++) {
            Wire.put64(block, 16 + 8 * i, masks[i]);
        }
        ram.write(BLOCK, block);
    }

    @Test
    void aSparseSetOfProcessorsIsInterrupted() {
        set(0x40, 0, 0b11, 0b10, -1);

        assertThat(call(IPI_EX | 2 << 17, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);
        assertThat(interrupts)
                .containsExactly("vp1 64", "vp64 64", "vp65 64", "vp66 64", "vp67 64", "vp68 64", "vp69 64");
    }

    @Test
    void allProcessorsAreASetToo() {
        set(0x40, 1, 0);

        assertThat(call(IPI_EX, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);
        assertThat(interrupts).hasSize(70);
    }

    @Test
    void aSetMustHaveAsManyMasksAsItSays() {
        set(0x40, 0, 0b11, 1, 1);
        assertThat(call(IPI_EX | 1 << 17, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
        set(0x40, 2, 0);
        assertThat(call(IPI_EX, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
        set(0x0F, 0, 0);
        assertThat(call(IPI_EX, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
        assertThat(interrupts).isEmpty();
    }

    // flushes

    private void block(long... words) {
        byte[] block = new byte[8 * words.length];
        for (int i = 0; i < words.length; i++) {
            Wire.put64(block, 8 * i, words[i]);
        }
        ram.write(BLOCK, block);
    }

    @Test
    void anAddressSpaceIsFlushedOnTheProcessorsOfAMask() {
        block(0x1234_5000, 0, 0b101);
        assertThat(call(FLUSH, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);
        block(0, 2 | 4, -1);
        assertThat(call(FLUSH, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);
        block(0, 1 | 2, 0);
        assertThat(call(FLUSH, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);

        assertThat(flushes)
                .containsExactly(
                        "vp0 to 5 0: all", "vp0 to ffffffffffffffff 0: local", "vp0 to ffffffffffffffff 3f: all");
    }

    @Test
    void aListOfRangesIsFlushedFromItsFirstRepetitionOn() {
        block(0, 2, 0b10, 0x1000, 0x7FFF_0000_1002L, 0xFFFF_8000_0000_0000L);

        assertThat(hypercalls.call(0, FLUSH_LIST | 3L << 32 | 1L << 48, BLOCK, 0))
                .isEqualTo(3L << 32);
        assertThat(flushes).containsExactly("vp0 to 2 0: 7fff00001000 7fff00002000 7fff00003000 ffff800000000000");
    }

    @Test
    void moreRangesThanAreWorthNamingAreEverything() {
        block(0, 0, 1, 0x1000 | 0xFFF);

        assertThat(hypercalls.call(0, FLUSH_LIST | 1L << 32, BLOCK, 0)).isEqualTo(1L << 32);
        assertThat(flushes).containsExactly("vp0 to 1 0: all");
    }

    @Test
    void sparseSetsAreFlushedToo() {
        block(0, 2, 0, 0b11, 1, 2);
        assertThat(call(FLUSH_EX | 2 << 17, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);
        block(0, 2, 1, 0, 0x5000);
        assertThat(hypercalls.call(0, FLUSH_LIST_EX | 1L << 32, BLOCK, 0)).isEqualTo(1L << 32);
        block(0, 1, 0, 0);
        assertThat(call(FLUSH_EX, BLOCK, 0)).isEqualTo(HvStatus.SUCCESS);

        assertThat(flushes)
                .containsExactly(
                        "vp0 to 1 2: all", "vp0 to ffffffffffffffff 3f: 5000", "vp0 to ffffffffffffffff 3f: all");
    }

    @Test
    void impossibleFlushesAreRefused() {
        block(0, 8, 1);
        assertThat(call(FLUSH, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
        block(0, 4, 1, 0x1000);
        assertThat(call(FLUSH_LIST | 1L << 32, BLOCK, 0))
                .as("lists name global pages too")
                .isEqualTo(HvStatus.INVALID_PARAMETER);
        block(0, 0, 2, 0);
        assertThat(call(FLUSH_EX, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
        block(0, 0, 0, 3, 1);
        assertThat(call(FLUSH_EX | 1 << 17, BLOCK, 0)).isEqualTo(HvStatus.INVALID_PARAMETER);
        assertThat(call(FLUSH_LIST, BLOCK, 0)).as("a list has elements").isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(call(FLUSH_LIST | 2L << 32 | 2L << 48, BLOCK, 0))
                .as("a list has elements left")
                .isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(call(FLUSH | 1L << 32, BLOCK, 0)).isEqualTo(HvStatus.INVALID_HYPERCALL_INPUT);
        assertThat(call(FLUSH_LIST | 510L << 32, BLOCK, 0))
                .as("a block is in one page")
                .isEqualTo(HvStatus.INVALID_ALIGNMENT);
        assertThat(flushes).isEmpty();
    }

    @Test
    void waitingForALockIsAdvice() {
        assertThat(call(LONG_SPIN | FAST, 4096, 0)).isEqualTo(HvStatus.SUCCESS);
    }

    @Test
    void connectionsThatDoNotExistAreUnknown() {
        assertThat(Connections.NONE.postMessage(1, 1, new byte[0], 0, 0)).isEqualTo(HvStatus.INVALID_CONNECTION_ID);
        assertThat(Connections.NONE.signalEvent(1, 0)).isEqualTo(HvStatus.INVALID_CONNECTION_ID);
    }
}

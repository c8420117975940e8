package cloison.hyperv.synic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.page.OverlayRegister;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.time.ReferenceTime;
import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.StepClock;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SynicTest {
    private static final long MESSAGES = 20;
    private static final long FLAGS = 21;
    private static final int SINT = 2;
    private static final int VECTOR = 0xF3;
    private static final long MASKED = 1 << 16;
    private static final int LIMIT = 3;

    private final GuestRam ram = new GuestRam(64, 2);
    private final List<Integer> vectors = new ArrayList<>();
    private final List<Integer> selfEnding = new ArrayList<>();
    private int rooms;
    private final Synic synic = new Synic(
            new OverlayRegister(ram.memory(), 0),
            new OverlayRegister(ram.memory(), 1),
            new VectorSink() {
                @Override
                public void assertVector(int vector) {
                    vectors.add(vector);
                }

                @Override
                public void assertSelfEnding(int vector) {
                    selfEnding.add(vector);
                }
            },
            new ReferenceTime(new StepClock(), ReferenceTime.NANOSECOND_TSC),
            LIMIT,
            true,
            () -> rooms++);

    private void enable() {
        synic.write(Msr.SIMP, MESSAGES << 12 | 1);
        synic.write(Msr.SIEFP, FLAGS << 12 | 1);
        synic.write(Msr.SINT0 + SINT, VECTOR);
        synic.write(Msr.SCONTROL, 1);
    }

    private int post(int tag) {
        return synic.post(SINT, 1, 0x77, new byte[] {(byte) tag, 1, 2});
    }

    private byte[] slot() {
        return ram.read((MESSAGES << 12) + 256 * SINT, 256);
    }

    private int tag() {
        byte[] slot = slot();
        return Wire.i32(slot, 0) == 0 ? -1 : Wire.u8(slot, 16);
    }

    private boolean pending() {
        return (Wire.u8(slot(), 5) & 1) != 0;
    }

    private void empty() {
        ram.write((MESSAGES << 12) + 256 * SINT, new byte[4]);
    }

    private boolean flag(int number) {
        byte[] flags = ram.read((FLAGS << 12) + 256 * SINT, 256);
        return (flags[number / 8] >> (number % 8) & 1) != 0;
    }

    private List<Integer> takeVectors() {
        List<Integer> taken = List.copyOf(vectors);
        vectors.clear();
        return taken;
    }

    // messages

    @Test
    void aMessageFillsTheEmptySlotAndInterrupts() {
        enable();

        assertThat(post(5)).isEqualTo(HvStatus.SUCCESS);

        byte[] slot = slot();
        assertThat(Wire.i32(slot, 0)).isEqualTo(1);
        assertThat(Wire.u8(slot, 4)).isEqualTo(3);
        assertThat(Wire.u8(slot, 5)).isZero();
        assertThat(Wire.u64(slot, 8)).isEqualTo(0x77);
        assertThat(slot[16]).isEqualTo((byte) 5);
        assertThat(slot[18]).isEqualTo((byte) 2);
        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @Test
    void aMessageThatFindsTheSlotFullAsksForItsEnd() {
        enable();
        post(1);
        takeVectors();

        post(2);

        assertThat(tag()).isEqualTo(1);
        assertThat(pending()).isTrue();
        assertThat(takeVectors()).isEmpty();

        empty();
        synic.write(Msr.EOM, 0);
        assertThat(tag()).isEqualTo(2);
        assertThat(pending()).isFalse();
        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @Test
    void aMessageWithFollowersSaysSo() {
        enable();
        post(1);
        post(2);
        post(3);
        empty();

        synic.write(Msr.EOM, 0);

        assertThat(tag()).isEqualTo(2);
        assertThat(pending()).isTrue();
    }

    @Test
    void theEndOfTheInterruptBringsTheNextMessage() {
        enable();
        post(1);
        post(2);
        empty();
        takeVectors();

        synic.endOfInterrupt(VECTOR + 1);
        assertThat(tag()).isEqualTo(-1);
        synic.endOfInterrupt(VECTOR);

        assertThat(tag()).isEqualTo(2);
        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @Test
    void anotherMessageBringsTheOlderOneFirst() {
        enable();
        post(1);
        post(2);
        empty();

        post(3);

        assertThat(tag()).isEqualTo(2);
        assertThat(pending()).isTrue();
    }

    @Test
    void aFullQueueRefusesAndTellsWhenThereIsRoom() {
        enable();
        for (int i = 0; i < 1 + LIMIT; i++) {
            assertThat(post(i)).isEqualTo(HvStatus.SUCCESS);
        }
        assertThat(post(9)).isEqualTo(HvStatus.INSUFFICIENT_BUFFERS);
        assertThat(rooms).isZero();
        empty();

        synic.write(Msr.EOM, 0);

        assertThat(rooms).isEqualTo(1);
        assertThat(post(9)).isEqualTo(HvStatus.SUCCESS);
        empty();
        synic.write(Msr.EOM, 0);
        assertThat(rooms).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {Msr.SCONTROL, Msr.SIMP})
    void messagesWaitForWhatIsDisabled(int disabled) {
        enable();
        long value = synic.read(disabled);
        synic.write(disabled, value & ~1);
        post(1);
        post(2);
        assertThat(takeVectors()).isEmpty();

        synic.write(disabled, value);

        assertThat(tag()).isEqualTo(1);
        assertThat(pending()).isTrue();
        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @Test
    void aMaskedSourceGetsItsMessageButTheInterruptOnlyLater() {
        enable();
        synic.write(Msr.SINT0 + SINT, MASKED | VECTOR);
        post(1);

        assertThat(tag()).isEqualTo(1);
        assertThat(takeVectors()).isEmpty();

        synic.write(Msr.SINT0 + SINT, VECTOR);
        assertThat(takeVectors()).containsExactly(VECTOR);
        synic.write(Msr.SINT0 + SINT, VECTOR);
        assertThat(takeVectors()).isEmpty();
    }

    @Test
    void aMaskedSourceCanBePolled() {
        enable();
        synic.write(Msr.SINT0 + SINT, MASKED | VECTOR);
        post(1);
        post(2);
        empty();
        synic.write(Msr.EOM, 0);
        assertThat(tag()).isEqualTo(2);
        empty();

        synic.write(Msr.SINT0 + SINT, VECTOR);

        assertThat(takeVectors()).isEmpty();
    }

    @Test
    void discardedMessagesAreForgottenButTheOneInTheSlotIsNot() {
        enable();
        for (int i = 0; i < 1 + LIMIT; i++) {
            post(i);
        }
        post(9);

        synic.discard(SINT);

        assertThat(rooms).isEqualTo(1);
        assertThat(tag()).isZero();
        empty();
        synic.write(Msr.EOM, 0);
        assertThat(tag()).isEqualTo(-1);
    }

    @Test
    void sourcesHaveSlotsOfTheirOwn() {
        enable();
        synic.write(Msr.SINT0 + 15, 0x41);
        post(1);

        synic.post(15, 9, 0, new byte[240]);

        assertThat(Wire.i32(ram.read((MESSAGES << 12) + 256 * 15, 4), 0)).isEqualTo(9);
        assertThat(takeVectors()).containsExactly(VECTOR, 0x41);
    }

    // events

    @Test
    void anEventSetsItsFlagAndInterruptsOnce() {
        enable();

        assertThat(synic.signal(SINT, 2047)).isEqualTo(HvStatus.SUCCESS);
        assertThat(synic.signal(SINT, 2047)).isEqualTo(HvStatus.SUCCESS);

        assertThat(flag(2047)).isTrue();
        assertThat(takeVectors()).containsExactly(VECTOR);
        assertThat(synic.signal(SINT, 33)).isEqualTo(HvStatus.SUCCESS);
        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @ParameterizedTest
    @ValueSource(ints = {Msr.SCONTROL, Msr.SIEFP, Msr.SINT0 + SINT})
    void eventsWaitForWhatIsDisabled(int disabled) {
        enable();
        long value = synic.read(disabled);
        synic.write(disabled, disabled == Msr.SINT0 + SINT ? MASKED | VECTOR : value & ~1);

        assertThat(synic.signal(SINT, 5)).isEqualTo(HvStatus.INVALID_SYNIC_STATE);
        assertThat(synic.signal(SINT, 70)).isEqualTo(HvStatus.INVALID_SYNIC_STATE);
        assertThat(takeVectors()).isEmpty();

        synic.write(disabled, value);
        assertThat(flag(5)).isTrue();
        assertThat(flag(70)).isTrue();
        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @Test
    void flagsLeftInThePageInterruptWhenTheSourceIsUnmasked() {
        enable();
        synic.signal(SINT, 5);
        takeVectors();
        synic.write(Msr.SINT0 + SINT, MASKED | VECTOR);

        synic.write(Msr.SINT0 + SINT, VECTOR);

        assertThat(takeVectors()).containsExactly(VECTOR);
    }

    @Test
    void anEventForADisabledControllerIsNotWrittenToTheGuestsPages() {
        synic.signal(SINT, 5);
        post(1);

        assertThat(ram.read(0, 64 * 4096)).containsOnly(0);
    }

    // registers

    @Test
    void sourcesAreMaskedAtFirst() {
        for (int sint = 0; sint < 16; sint++) {
            assertThat(synic.read(Msr.SINT0 + sint)).isEqualTo(MASKED);
        }
        assertThat(synic.read(Msr.SVERSION)).isEqualTo(1);
        assertThat(synic.read(Msr.EOM)).isZero();
    }

    @Test
    void anUnmaskedSourceNeedsAVectorThatIsNoException() {
        assertThat(synic.write(Msr.SINT0, 15)).isFalse();
        assertThat(synic.read(Msr.SINT0)).isEqualTo(MASKED);
        assertThat(synic.write(Msr.SINT0, MASKED)).isTrue();
        assertThat(synic.write(Msr.SINT0, 16)).isTrue();
    }

    @Test
    void reservedBitsArePreserved() {
        synic.write(Msr.SCONTROL, 0xABCD_0000_0000_0002L);
        synic.write(Msr.SIMP, 0xABE);

        assertThat(synic.read(Msr.SCONTROL)).isEqualTo(0xABCD_0000_0000_0002L);
        assertThat(synic.read(Msr.SIMP)).isEqualTo(0xABE);
    }

    @Test
    void aSourceWithAutomaticEndAsksForIt() {
        enable();
        synic.write(Msr.SINT0 + SINT, VECTOR | 1 << 17);
        post(1);

        assertThat(selfEnding).containsExactly(VECTOR);
        assertThat(vectors).isEmpty();
    }

    @Test
    void aPolledSourceIsNeverInterrupted() {
        enable();
        synic.write(Msr.SINT0 + SINT, MASKED | 1 << 18);
        post(1);

        assertThat(synic.signal(SINT, 5)).isEqualTo(HvStatus.SUCCESS);
        assertThat(flag(5)).isTrue();
        assertThat(vectors).isEmpty();
    }

    @Test
    void pagesKeepTheirContentWhileTheyAreNowhere() {
        enable();
        synic.signal(SINT, 5);
        synic.write(Msr.SIEFP, 0);
        assertThat(flag(5)).isFalse();

        synic.write(Msr.SIEFP, 25 << 12 | 1);

        assertThat(ram.read((25 << 12) + 256 * SINT, 1)).containsExactly(1 << 5);
    }

    @Test
    void resetForgetsEverything() {
        enable();
        for (int i = 0; i < 6; i++) {
            post(i);
        }
        synic.signal(SINT, 5);
        synic.signal(3, 6);

        synic.reset();
        takeVectors();

        assertThat(rooms).isEqualTo(1);
        enable();
        synic.write(Msr.SINT0 + 3, 0x30);
        assertThat(tag()).isEqualTo(-1);
        assertThat(flag(5)).isFalse();
        assertThat(takeVectors()).isEmpty();
    }
}

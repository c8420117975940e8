package cloison.chipset.rtc;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.chipset.Board;
import cloison.machine.Samples;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

/// The board's clock starts at 2023-11-14 22:13:20 UTC, a Tuesday.
class CmosRtcTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int A = 10;
    private static final int B = 11;
    private static final int C = 12;
    private static final int SET = 0x80;
    private static final int PERIODIC = 0x40;
    private static final int ALARM = 0x20;
    private static final int UPDATE = 0x10;
    private static final int BINARY = 0x04;
    private static final int FULL_DAY = 0x02;

    private final Board board = new Board(1).enableApics();

    private int get(int index) {
        board.out(0x70, index);
        return board.in(0x71);
    }

    private void set(int index, int value) {
        board.out(0x70, index);
        board.out(0x71, value);
    }

    @Test
    void theCalendarIsTheHostsInUtcAndBcd() {
        assertThat(get(9)).isEqualTo(0x23);
        assertThat(get(8)).isEqualTo(0x11);
        assertThat(get(7)).isEqualTo(0x14);
        assertThat(get(6)).isEqualTo(3);
        assertThat(get(4)).isEqualTo(0x22);
        assertThat(get(2)).isEqualTo(0x13);
        assertThat(get(0)).isEqualTo(0x20);
        assertThat(get(0x32)).isEqualTo(0x20);
        assertThat(get(13)).isEqualTo(0x80);
    }

    @Test
    void timePasses() {
        board.advance(3 * SECOND);
        assertThat(get(0)).isEqualTo(0x23);

        board.advance(2 * 3600 * SECOND);
        assertThat(get(4)).isEqualTo(0x00);
        assertThat(get(7)).isEqualTo(0x15);
    }

    @Test
    void binaryAndTwelveHourFormatsAreThoseOfRegisterB() {
        set(B, BINARY | FULL_DAY);
        assertThat(get(4)).isEqualTo(22);
        assertThat(get(9)).isEqualTo(23);

        set(B, BINARY);
        assertThat(get(4)).isEqualTo(0x80 | 10);

        set(B, 0);
        assertThat(get(4)).isEqualTo(0x80 | 0x10);
        board.advance(2 * 3600 * SECOND);
        assertThat(get(4)).isEqualTo(0x12);
        board.advance(12 * 3600 * SECOND);
        assertThat(get(4)).isEqualTo(0x80 | 0x12);
    }

    @Test
    void aGuestSetsTheTimeWithTheClockHeld() {
        set(B, SET | FULL_DAY);
        set(0, 0x56);
        set(2, 0x34);
        set(4, 0x12);
        set(7, 0x29);
        set(8, 0x02);
        set(9, 0x28);
        board.advance(10 * SECOND);
        assertThat(get(0)).isEqualTo(0x56);
        set(B, FULL_DAY);

        board.advance(4 * SECOND);

        assertThat(get(0)).isEqualTo(0x00);
        assertThat(get(2)).isEqualTo(0x35);
        assertThat(get(4)).isEqualTo(0x12);
        assertThat(get(7)).isEqualTo(0x29);
        assertThat(get(8)).isEqualTo(0x02);
        assertThat(get(9)).isEqualTo(0x28);
        assertThat(get(6)).isEqualTo(3);
    }

    @Test
    void aDividerInResetHoldsTheClockToo() {
        set(A, 0x70);
        int before = get(0);
        board.advance(5 * SECOND);
        assertThat(get(0)).isEqualTo(before);

        set(A, 0x26);
        board.advance(SECOND);

        assertThat(get(0)).isEqualTo(before + 1);
    }

    @Test
    void aFieldWrittenWhileTheClockRunsChangesTheTimeAtOnce() {
        set(2, 0x45);

        assertThat(get(2)).isEqualTo(0x45);
        assertThat(get(4)).isEqualTo(0x22);
        board.advance(15 * 60 * SECOND);
        assertThat(get(2)).isEqualTo(0x00);
        assertThat(get(4)).isEqualTo(0x23);
    }

    @Test
    void memoryKeepsWhatIsWritten() {
        for (int i = 14; i < 128; i++) {
            if (i != 0x32) {
                set(i, i ^ 0xFF);
            }
        }
        for (int i = 14; i < 128; i++) {
            if (i != 0x32) {
                assertThat(get(i)).isEqualTo(i ^ 0xFF);
            }
        }
    }

    @Test
    void theNmiMaskBitDoesNotChangeTheIndex() {
        assertThat(get(0x80 | 9)).isEqualTo(0x23);
        assertThat(board.in(0x70)).isEqualTo(0xFF);
    }

    @Test
    void anUpdateIsAnnouncedBeforeTheSecondEnds() {
        board.advance(SECOND - 244_001);
        assertThat(get(A) & 0x80).isZero();

        board.advance(1);
        assertThat(get(A) & 0x80).isNotZero();
        board.advance(244_000);

        assertThat(get(A) & 0x80).isZero();
    }

    @Test
    void updateInterruptsComeEachSecondAndReadingCEndsThem() {
        board.route(8, 0x48, 0);
        set(B, UPDATE | FULL_DAY);

        board.advance(SECOND);
        assertThat(board.taken(0)).containsExactly(0x48);
        assertThat(get(C)).isEqualTo(0x80 | PERIODIC | UPDATE);
        assertThat(get(C)).isZero();
        board.advance(SECOND);
        assertThat(board.taken(0)).containsExactly(0x48);
    }

    @Test
    void anInterruptThatIsNotAcknowledgedIsNotRepeated() {
        board.route(8, 0x48, 0);
        set(B, UPDATE | FULL_DAY);

        board.advance(10 * SECOND);

        assertThat(board.taken(0)).containsExactly(0x48);
    }

    @Test
    void periodicInterruptsComeAtTheChosenRate() {
        board.route(8, 0x48, 0);
        set(A, 0x26);
        set(B, PERIODIC | FULL_DAY);
        get(C);

        int count = 0;
        for (int i = 0; i < 10_000; i++) {
            board.advance(100_000);
            if (!board.taken(0).isEmpty()) {
                count++;
                assertThat(get(C) & PERIODIC).isNotZero();
            }
        }

        assertThat(count).isEqualTo(1024);
    }

    @Test
    void anAlarmComesAtItsTimeOfDay() {
        board.route(8, 0x48, 0);
        set(1, 0x05);
        set(3, 0x00);
        set(5, 0x07);
        set(B, ALARM | FULL_DAY);

        board.advance((8 * 3600 + 46 * 60 + 44) * SECOND);
        assertThat(board.taken(0)).isEmpty();
        board.advance(SECOND);

        assertThat(board.taken(0)).containsExactly(0x48);
        assertThat(get(C) & ALARM).isNotZero();
    }

    @Test
    void anAlarmFieldWithBothTopBitsMatchesAnything() {
        board.route(8, 0x48, 0);
        set(1, 0x30);
        set(3, 0xFF);
        set(5, 0xC0);
        set(B, ALARM | FULL_DAY);

        int count = 0;
        for (int i = 0; i < 600; i++) {
            board.advance(SECOND);
            if (!board.taken(0).isEmpty()) {
                count++;
                assertThat(get(0)).isEqualTo(0x30);
                get(C);
            }
        }

        assertThat(count).isEqualTo(10);
    }

    @Test
    void flagsAreSetWhetherOrNotTheyInterrupt() {
        board.advance(SECOND);

        assertThat(get(C)).isEqualTo(PERIODIC | UPDATE);
    }

    @Test
    void anAlarmThatNamesNoTimeOfDayNeverComes() {
        set(1, 0x99);
        set(B, ALARM | FULL_DAY);

        board.advance(2 * 86_400 * SECOND);

        assertThat(get(C) & ALARM).isZero();
    }

    @Test
    void whateverBytesAGuestSetsMeanSomeTime() {
        Samples.check(300, random -> {
            Board other = new Board(1);
            for (int i = 0; i < 60; i++) {
                other.out(0x70, random.nextInt(4) == 0 ? 0x32 : random.nextInt(14));
                other.out(0x71, random.nextInt(256));
                other.advance(random.nextLong(10 * SECOND));
                assertThat(other.in(0x71)).isBetween(0, 255);
            }
        });
    }

    @Test
    void everyTimeThatIsSetReadsBackInEveryFormat() {
        Samples.check(300, random -> {
            byte[] cmos = new byte[128];
            int format = random.nextInt(4) << 1;
            long second =
                    LocalDateTime.of(1970, 1, 1, 0, 0).toEpochSecond(ZoneOffset.UTC) + random.nextLong(9_000_000_000L);

            CalendarFields.store(second, cmos, format, CmosRtc.CENTURY);

            assertThat(CalendarFields.epochSecond(cmos, format, CmosRtc.CENTURY))
                    .isEqualTo(second);
        });
    }
}

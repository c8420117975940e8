package cloison.chipset.rtc;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/// The ten calendar bytes of an MC146818 and the century, in the format that register B asks for.
///
/// Whatever the bytes hold means some time: fields out of range carry into the next greater one.
final class CalendarFields {
    static final int SECOND = 0;
    static final int MINUTE = 2;
    static final int HOUR = 4;
    static final int WEEKDAY = 6;
    static final int DAY = 7;
    static final int MONTH = 8;
    static final int YEAR = 9;

    private static final int BINARY = 1 << 2;
    private static final int FULL_DAY = 1 << 1;
    private static final int AFTERNOON = 0x80;

    private CalendarFields() {}

    private static int encoded(int value, int format) {
        return (format & BINARY) != 0 ? value : value / 10 << 4 | value % 10;
    }

    private static int decoded(int value, int format) {
        return (format & BINARY) != 0 ? value : (value >>> 4) * 10 + (value & 15);
    }

    private static int encodedHour(int hour, int format) {
        if ((format & FULL_DAY) != 0) {
            return encoded(hour, format);
        }
        int clockFace = hour % 12 == 0 ? 12 : hour % 12;
        return encoded(clockFace, format) | (hour >= 12 ? AFTERNOON : 0);
    }

    /// {@return the hour that a byte means, 0 to 23 if the byte is sound}
    static int hour(int value, int format) {
        if ((format & FULL_DAY) != 0) {
            return decoded(value, format);
        }
        return decoded(value & ~AFTERNOON, format) % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }

    /// {@return the number that a minute's or second's byte means}
    static int number(int value, int format) {
        return decoded(value, format);
    }

    /// Stores the time `epochSecond` into the calendar bytes of `cmos`.
    static void store(long epochSecond, byte[] cmos, int format, int centuryAt) {
        LocalDateTime time = LocalDateTime.ofEpochSecond(epochSecond, 0, ZoneOffset.UTC);
        cmos[SECOND] = (byte) encoded(time.getSecond(), format);
        cmos[MINUTE] = (byte) encoded(time.getMinute(), format);
        cmos[HOUR] = (byte) encodedHour(time.getHour(), format);
        cmos[WEEKDAY] = (byte) (time.getDayOfWeek().getValue() % 7 + 1);
        cmos[DAY] = (byte) encoded(time.getDayOfMonth(), format);
        cmos[MONTH] = (byte) encoded(time.getMonthValue(), format);
        int year = Math.floorMod(time.getYear(), 10_000);
        cmos[YEAR] = (byte) encoded(year % 100, format);
        cmos[centuryAt] = (byte) encoded(year / 100, format);
    }

    /// {@return the time that the calendar bytes of `cmos` mean}
    static long epochSecond(byte[] cmos, int format, int centuryAt) {
        int year = 100 * decoded(cmos[centuryAt] & 0xFF, format) + decoded(cmos[YEAR] & 0xFF, format);
        LocalDate date = LocalDate.of(year, 1, 1)
                .plusMonths(decoded(cmos[MONTH] & 0xFF, format) - 1)
                .plusDays(decoded(cmos[DAY] & 0xFF, format) - 1);
        long seconds = 3600L * hour(cmos[HOUR] & 0xFF, format)
                + 60L * decoded(cmos[MINUTE] & 0xFF, format)
                + decoded(cmos[SECOND] & 0xFF, format);
        return date.toEpochDay() * 86_400 + seconds;
    }
}

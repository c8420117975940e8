package cloison.chipset.rtc;

import cloison.chipset.isa.ByteWideDevice;
import cloison.chipset.isa.DeviceTimer;
import cloison.machine.interrupt.InterruptLine;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;

/// An MC146818 real-time clock with 128 bytes of CMOS memory; the calendar is UTC and follows the host's wall clock.
///
/// While a guest holds the clock still (the SET bit, or the divider in reset) the calendar bytes are plain memory; when
/// it lets go, what they then say becomes the difference to the host's clock. Years beyond 2261 come out wrong.
///
/// **Owner:** who holds the device's lock.
public final class CmosRtc implements ByteWideDevice {
    /// The index port; the data port follows.
    public static final int PORT = 0x70;
    /// Where the century is, as the FADT tells.
    public static final int CENTURY = 0x32;

    private static final int SIZE = 128;
    private static final int ALARM_SECOND = 1;
    private static final int ALARM_MINUTE = 3;
    private static final int ALARM_HOUR = 5;
    private static final int A = 0x0A;
    private static final int B = 0x0B;
    private static final int C = 0x0C;
    private static final int D = 0x0D;

    /// Register A.
    private static final int UPDATING = 0x80;

    private static final int DIVIDER = 0x70;
    private static final int DIVIDER_RUNNING = 0x20;

    /// Register B holds the enable bits of the flags in register C at the same places.
    private static final int SET = 0x80;

    private static final int REQUEST = 0x80;
    private static final int PERIODIC = 0x40;
    private static final int ALARM = 0x20;
    private static final int UPDATE = 0x10;
    private static final int FULL_DAY = 0x02;

    private static final int VALID = 0x80;
    private static final int ANY = 0xC0;

    private static final long SECOND = 1_000_000_000L;
    private static final long CRYSTAL = 32_768;
    /// How long before a second ends the update is announced.
    private static final long UPDATE_AHEAD = 244_000;

    // wiring
    private final Clock clock;
    private final InterruptLine interrupt;
    private final DeviceTimer timer;

    // registers
    private final byte[] cmos = new byte[SIZE];
    private int index;
    private int flags;
    /// What the guest's clock is ahead of the host's, in nanoseconds.
    private long ahead;

    // transient: until when flags were worked out, in the guest's time
    private long seen;

    /// A clock that shows the host's time.
    public CmosRtc(Clock clock, TimerQueue timers, InterruptLine interrupt) {
        this.clock = clock;
        this.interrupt = interrupt;
        timer = new DeviceTimer(timers, clock, this, this::settle);
        cmos[A] = DIVIDER_RUNNING | 6;
        cmos[B] = FULL_DAY;
        seen = now();
    }

    /// {@return the guest's time in nanoseconds since 1970}
    private long now() {
        return clock.wallNanos() + ahead;
    }

    private boolean enabled(int bits) {
        return (cmos[B] & bits) != 0;
    }

    private boolean held() {
        return enabled(SET) || (cmos[A] & DIVIDER) != DIVIDER_RUNNING;
    }

    private static boolean inCalendar(int at) {
        return at == CENTURY
                || (at <= CalendarFields.YEAR && at != ALARM_SECOND && at != ALARM_MINUTE && at != ALARM_HOUR);
    }

    @Override
    public int read(int port) {
        if (port != PORT + 1) {
            return NOTHING;
        }
        return switch (index) {
            case A -> cmos[A] & 0x7F | (updating() ? UPDATING : 0);
            case C -> takeFlags();
            case D -> VALID;
            default -> {
                if (inCalendar(index) && !held()) {
                    showTime();
                }
                yield cmos[index] & 0xFF;
            }
        };
    }

    private boolean updating() {
        return !held() && Math.floorMod(now(), SECOND) >= SECOND - UPDATE_AHEAD;
    }

    private int takeFlags() {
        catchUp();
        int taken = flags | ((flags & cmos[B]) != 0 ? REQUEST : 0);
        flags = 0;
        settle();
        return taken;
    }

    private void showTime() {
        CalendarFields.store(Math.floorDiv(now(), SECOND), cmos, cmos[B], CENTURY);
    }

    @Override
    public void write(int port, int value) {
        if (port == PORT) {
            index = value & 0x7F;
        } else if (port == PORT + 1) {
            store(value);
        }
    }

    private void store(int value) {
        catchUp();
        switch (index) {
            case A -> configure(A, value & 0x7F);
            case B -> configure(B, (value & SET) != 0 ? value & ~UPDATE : value);
            case C, D -> {}
            default -> {
                boolean running = inCalendar(index) && !held();
                if (running) {
                    showTime();
                }
                cmos[index] = (byte) value;
                if (running) {
                    adoptTime();
                }
            }
        }
        settle();
    }

    /// Writes register A or B, which may stop the calendar or let it go on.
    private void configure(int register, int value) {
        boolean before = held();
        if (!before) {
            showTime();
        }
        cmos[register] = (byte) value;
        if (before && !held()) {
            adoptTime();
        }
    }

    /// Makes what the calendar bytes say the guest's time.
    private void adoptTime() {
        long wanted = CalendarFields.epochSecond(cmos, cmos[B], CENTURY) * SECOND;
        ahead = wanted - clock.wallNanos();
        seen = now();
    }

    /// Works out flags up to now, drives the wire, and arms the timer for the next flag that would interrupt.
    private void settle() {
        catchUp();
        interrupt.level((flags & cmos[B]) != 0);
        long next = Long.MAX_VALUE;
        if (enabled(PERIODIC) && periodNanos() != 0) {
            next = nextPeriod(seen);
        }
        if (!held() && enabled(UPDATE | ALARM)) {
            next = Math.min(next, enabled(UPDATE) ? nextSecond(seen) : nextAlarm(seen));
        }
        boolean pending = (flags & cmos[B]) != 0;
        if (next == Long.MAX_VALUE || pending) {
            timer.cancel();
        } else {
            timer.repeat(clock.nanos() + next - now());
        }
    }

    private void catchUp() {
        long now = now();
        if (now > seen) {
            if (periodNanos() != 0 && nextPeriod(seen) <= now) {
                flags |= PERIODIC;
            }
            if (!held() && nextSecond(seen) <= now) {
                flags |= UPDATE;
                if (nextAlarm(seen) <= now) {
                    flags |= ALARM;
                }
            }
        }
        seen = now;
    }

    /// {@return crystal ticks between periodic interrupts, 0 for none}
    private long periodTicks() {
        int rate = cmos[A] & 15;
        return rate == 0 ? 0 : 1L << (rate < 3 ? rate + 6 : rate - 1);
    }

    private long periodNanos() {
        return (cmos[A] & DIVIDER) == DIVIDER_RUNNING ? periodTicks() * SECOND / CRYSTAL : 0;
    }

    /// Periods divide a second, so they are counted from its start.
    private long nextPeriod(long from) {
        long intoSecond = Math.floorMod(from, SECOND);
        long number = intoSecond * CRYSTAL / SECOND / periodTicks() + 1;
        return from - intoSecond + (number * periodTicks() * SECOND + CRYSTAL - 1) / CRYSTAL;
    }

    private static long nextSecond(long from) {
        return (Math.floorDiv(from, SECOND) + 1) * SECOND;
    }

    private static boolean matches(int alarm, int value) {
        return alarm < 0 || alarm == value;
    }

    /// {@return the alarm byte's number, or -1 for any}
    private int alarm(int at) {
        int value = cmos[at] & 0xFF;
        if ((value & ANY) == ANY) {
            return -1;
        }
        return at == ALARM_HOUR ? CalendarFields.hour(value, cmos[B]) : CalendarFields.number(value, cmos[B]);
    }

    /// {@return when the alarm is due after `from`, or [Long#MAX_VALUE] if its bytes name no time of day}
    private long nextAlarm(long from) {
        int hour = alarm(ALARM_HOUR);
        int minute = alarm(ALARM_MINUTE);
        int second = alarm(ALARM_SECOND);
        if (hour > 23 || minute > 59 || second > 59) {
            return Long.MAX_VALUE;
        }
        long start = Math.floorDiv(from, SECOND) + 1;
        long at = start;
        while (true) {
            int ofDay = (int) Math.floorMod(at, 86_400L);
            if (!matches(hour, ofDay / 3600)) {
                at += 3600 - ofDay % 3600;
            } else if (!matches(minute, ofDay / 60 % 60)) {
                at += 60 - ofDay % 60;
            } else if (!matches(second, ofDay % 60)) {
                at++;
            } else {
                return at * SECOND;
            }
        }
    }
}

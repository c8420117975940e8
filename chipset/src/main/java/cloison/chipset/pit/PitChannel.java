package cloison.chipset.pit;

/// One counter of an 8254. It does not count: its state is a function of when it was started and of the time asked.
///
/// All times are ticks of the chip's clock since the partition started.
///
/// **Owner:** the chip it belongs to.
final class PitChannel {
    /// The tick of something that never happens.
    static final long NEVER = Long.MAX_VALUE;

    private static final int LOW = 1;
    private static final int HIGH = 2;
    private static final int NOTHING_LATCHED = -1;

    // registers
    private int mode = 3;
    private int access = LOW | HIGH;
    private boolean decimal;
    /// The count in force, 1 to 65536, and the one written last, which may come into force later.
    private int count = 0x1_0000;

    private int written = 0x1_0000;
    private int firstByte;
    private boolean secondWrite;
    private boolean secondRead;
    private int latchedCount = NOTHING_LATCHED;
    private int latchedStatus = NOTHING_LATCHED;
    private boolean gate;

    // transient
    private boolean started;
    private long start;
    private long stoppedAt;
    private boolean replacing;
    private long replaceAt;

    PitChannel(boolean gate) {
        this.gate = gate;
    }

    /// A control word for this counter that is not a latch command.
    void control(int value) {
        access = value >>> 4 & 3;
        int requested = value >>> 1 & 7;
        mode = requested > 5 ? requested - 4 : requested;
        decimal = (value & 1) != 0;
        started = false;
        replacing = false;
        secondWrite = false;
        secondRead = false;
        latchedCount = NOTHING_LATCHED;
        latchedStatus = NOTHING_LATCHED;
    }

    void latchCount(long now) {
        if (latchedCount == NOTHING_LATCHED) {
            latchedCount = value(now);
        }
    }

    void latchStatus(long now) {
        if (latchedStatus == NOTHING_LATCHED) {
            int missing = started && !replacing ? 0 : 0x40;
            latchedStatus = (out(now) ? 0x80 : 0) | missing | access << 4 | mode << 1 | (decimal ? 1 : 0);
        }
    }

    int read(long now) {
        if (latchedStatus != NOTHING_LATCHED) {
            int status = latchedStatus;
            latchedStatus = NOTHING_LATCHED;
            return status;
        }
        int value = latchedCount != NOTHING_LATCHED ? latchedCount : value(now);
        boolean high = access == HIGH || (access != LOW && secondRead);
        boolean last = access != (LOW | HIGH) || secondRead;
        secondRead = !last;
        if (last) {
            latchedCount = NOTHING_LATCHED;
        }
        return high ? value >>> 8 : value & 0xFF;
    }

    /// Writes a byte of the count; {@return whether the count is complete}
    boolean write(int value, long now) {
        if (access == (LOW | HIGH) && !secondWrite) {
            firstByte = value;
            secondWrite = true;
            if (mode == 0) {
                started = false;
            }
            return false;
        }
        secondWrite = false;
        int raw = access == LOW ? value : access == HIGH ? value << 8 : firstByte | value << 8;
        written = counts(raw);
        load(now);
        return true;
    }

    /// {@return how many ticks the written value means}
    private int counts(int raw) {
        if (!decimal) {
            return raw == 0 ? 0x1_0000 : raw;
        }
        int value = (raw >>> 12) * 1000 + (raw >>> 8 & 15) * 100 + (raw >>> 4 & 15) * 10 + (raw & 15);
        return value == 0 ? 10_000 : value;
    }

    private void load(long now) {
        switch (mode) {
            case 0, 4 -> startCounting(now);
            case 2, 3 -> {
                settle(now);
                if (!started) {
                    startCounting(now);
                } else {
                    replaceAt = start + ((now - start) / count + 1) * count;
                    replacing = true;
                }
            }
            default -> replacing = true;
        }
    }

    private void startCounting(long now) {
        count = written;
        start = now;
        stoppedAt = now;
        started = true;
        replacing = false;
    }

    /// Lets a count that replaces another come into force when its time has come.
    private void settle(long now) {
        if (started && replacing && (mode == 2 || mode == 3) && now >= replaceAt) {
            count = written;
            start = replaceAt;
            replacing = false;
        }
    }

    void gate(boolean level, long now) {
        if (level == gate) {
            return;
        }
        gate = level;
        switch (mode) {
            case 0, 4 -> {
                if (level) {
                    start += now - stoppedAt;
                } else {
                    stoppedAt = now;
                }
            }
            case 2, 3 -> {
                if (level && started) {
                    startCounting(now);
                }
            }
            default -> {
                if (level) {
                    startCounting(now);
                }
            }
        }
    }

    boolean gate() {
        return gate;
    }

    private long elapsed(long now) {
        boolean stopped = !gate && (mode == 0 || mode == 4);
        return (stopped ? stoppedAt : now) - start;
    }

    /// {@return the counter as a guest reads it, 16 bits}
    private int value(long now) {
        settle(now);
        long left = count;
        if (started) {
            long elapsed = elapsed(now);
            if (mode == 2) {
                left = gate ? count - elapsed % count : count;
            } else if (mode == 3) {
                left = gate ? squareLeft(elapsed % count) : count;
            } else {
                int modulus = decimal ? 10_000 : 0x1_0000;
                left = Math.floorMod(count - elapsed, modulus);
            }
        }
        return encoded((int) left);
    }

    /// In mode 3 each half of the period counts down by two.
    private long squareLeft(long phase) {
        int half = (count + 1) / 2;
        return (count & ~1) - 2 * (phase < half ? phase : phase - half);
    }

    private int encoded(int value) {
        if (!decimal) {
            return value & 0xFFFF;
        }
        int rest = value % 10_000;
        return rest / 1000 << 12 | rest / 100 % 10 << 8 | rest / 10 % 10 << 4 | rest % 10;
    }

    /// {@return the output}
    boolean out(long now) {
        settle(now);
        if (!started) {
            return mode != 0;
        }
        long elapsed = elapsed(now);
        return switch (mode) {
            case 0, 1 -> elapsed >= count;
            case 2 -> !gate || elapsed % count != count - 1;
            case 3 -> !gate || elapsed % count < (count + 1) / 2;
            default -> elapsed != count;
        };
    }

    /// {@return the tick after `now` at which the output rises next, if nobody writes, or [#NEVER]}
    long nextRise(long now) {
        settle(now);
        if (!started || (!gate && mode != 1 && mode != 5)) {
            return NEVER;
        }
        long elapsed = now - start;
        return switch (mode) {
            case 0, 1 -> elapsed < count ? start + count : NEVER;
            case 2, 3 -> start + (elapsed / count + 1) * count;
            default -> elapsed <= count ? start + count + 1 : NEVER;
        };
    }
}

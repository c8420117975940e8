package cloison.chipset.apic;

/// The model-specific registers of a local APIC: its base, the timer's deadline, and in x2APIC mode everything else at
/// 0x800 plus the register's number.
final class ApicMsrs {
    private static final int BASE = 0x1B;
    private static final int TSC_DEADLINE = 0x6E0;
    private static final int FIRST = 0x800;
    private static final int LAST = 0x8FF;
    private static final int SELF_IPI = 0x3F;
    /// Bits of the interrupt command that are reserved in x2APIC mode.
    private static final long RESERVED_COMMAND = 0xFFF3_3000L;

    private static final int RESERVED_SPURIOUS = ~0x3FF;

    private final LocalApic apic;
    private final ApicBase base;
    private final ApicPage page;
    private final ApicTimer timer;
    private final boolean tscDeadline;

    ApicMsrs(LocalApic apic, ApicBase base, ApicPage page, ApicTimer timer, boolean tscDeadline) {
        this.apic = apic;
        this.base = base;
        this.page = page;
        this.timer = timer;
        this.tscDeadline = tscDeadline;
    }

    static boolean owns(int index) {
        return index == BASE || index == TSC_DEADLINE || (index >= FIRST && index <= LAST);
    }

    boolean canRead(int index) {
        return switch (index) {
            case BASE -> true;
            case TSC_DEADLINE -> tscDeadline;
            default -> base.extended() && readable(index - FIRST);
        };
    }

    private static boolean readable(int number) {
        if (number >= ApicPage.IN_SERVICE && number <= ApicPage.COMMAND) {
            return number <= ApicPage.ERROR_STATUS || number == ApicPage.COMMAND;
        }
        if (number >= ApicPage.LOCAL_VECTORS && number <= ApicPage.CURRENT_COUNT) {
            return true;
        }
        return switch (number) {
            case ApicPage.ID,
                    ApicPage.VERSION,
                    ApicPage.TASK_PRIORITY,
                    ApicPage.PROCESSOR_PRIORITY,
                    ApicPage.LOGICAL_DESTINATION,
                    ApicPage.SPURIOUS,
                    ApicPage.DIVIDE -> true;
            default -> false;
        };
    }

    long read(int index) {
        return switch (index) {
            case BASE -> base.value();
            case TSC_DEADLINE -> timer.deadline();
            case FIRST + ApicPage.ID -> apic.id();
            case FIRST + ApicPage.COMMAND -> apic.command();
            default -> page.register(index - FIRST) & 0xFFFF_FFFFL;
        };
    }

    boolean write(int index, long value) {
        return switch (index) {
            case BASE -> writeBase(value);
            case TSC_DEADLINE -> writeDeadline(value);
            case FIRST + ApicPage.COMMAND -> base.extended() && writeCommand(value);
            default -> base.extended() && value >>> 32 == 0 && writeRegister(index - FIRST, (int) value);
        };
    }

    private boolean writeBase(long value) {
        if (!base.accepts(value)) {
            return false;
        }
        if (base.set(value)) {
            apic.modeChanged();
        }
        return true;
    }

    private boolean writeDeadline(long value) {
        if (tscDeadline) {
            timer.deadline(value);
        }
        return tscDeadline;
    }

    private boolean writeCommand(long value) {
        if ((value & RESERVED_COMMAND) != 0) {
            return false;
        }
        apic.command(value);
        return true;
    }

    private boolean writeRegister(int number, int value) {
        if (number == SELF_IPI) {
            if ((value & ~0xFF) == 0) {
                apic.toSelf(value);
            }
            return (value & ~0xFF) == 0;
        }
        if (!writable(number) || (value & reserved(number)) != 0) {
            return false;
        }
        page.register(number, value);
        return true;
    }

    private static boolean writable(int number) {
        return (number >= ApicPage.LOCAL_VECTORS && number <= ApicPage.INITIAL_COUNT)
                || number == ApicPage.TASK_PRIORITY
                || number == ApicPage.END_OF_INTERRUPT
                || number == ApicPage.SPURIOUS
                || number == ApicPage.ERROR_STATUS
                || number == ApicPage.DIVIDE;
    }

    /// {@return the bits that a write must leave clear; all of them for EOI and error status, which take only zero}
    private int reserved(int number) {
        if (number >= ApicPage.LOCAL_VECTORS && number < ApicPage.LOCAL_VECTORS_END) {
            int which = number - ApicPage.LOCAL_VECTORS;
            return ~(apic.localVectorBits(which) | LocalApic.localVectorStatusBits(which));
        }
        return switch (number) {
            case ApicPage.TASK_PRIORITY -> ~0xFF;
            case ApicPage.SPURIOUS -> RESERVED_SPURIOUS;
            case ApicPage.INITIAL_COUNT -> 0;
            case ApicPage.DIVIDE -> ~0xB;
            default -> -1;
        };
    }
}

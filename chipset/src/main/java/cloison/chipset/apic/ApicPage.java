package cloison.chipset.apic;

/// The register page of a local APIC in xAPIC mode: one 32-bit register at every 16th byte.
///
/// ```text
///  020 id        0d0 logical destination  100..170 in service         320 timer     380 initial count
///  030 version   0e0 destination format   180..1f0 level-triggered    330 thermal   390 current count
///  080 task pri  0f0 spurious             200..270 requested          340 counters  3e0 divide
///  0a0 proc pri  280 error status         300 command, low            350 LINT0
///  0b0 EOI                                310 command, high           360 LINT1     370 error
/// ```
///
/// Registers have numbers here: their offset divided by 16, which is also what x2APIC adds to 0x800.
final class ApicPage {
    static final int ID = 0x02;
    static final int VERSION = 0x03;
    static final int TASK_PRIORITY = 0x08;
    static final int PROCESSOR_PRIORITY = 0x0A;
    static final int END_OF_INTERRUPT = 0x0B;
    static final int LOGICAL_DESTINATION = 0x0D;
    static final int DESTINATION_FORMAT = 0x0E;
    static final int SPURIOUS = 0x0F;
    static final int IN_SERVICE = 0x10;
    static final int LEVEL_TRIGGERED = 0x18;
    static final int REQUESTED = 0x20;
    static final int ERROR_STATUS = 0x28;
    static final int COMMAND = 0x30;
    static final int COMMAND_HIGH = 0x31;
    static final int LOCAL_VECTORS = 0x32;
    static final int LOCAL_VECTORS_END = 0x38;
    static final int INITIAL_COUNT = 0x38;
    static final int CURRENT_COUNT = 0x39;
    static final int DIVIDE = 0x3E;

    private final LocalApic apic;
    private final ApicTimer timer;

    ApicPage(LocalApic apic, ApicTimer timer) {
        this.apic = apic;
        this.timer = timer;
    }

    long read(int offset, int size) {
        if ((offset & 0xC) != 0) {
            return 0;
        }
        long value = register(offset >>> 4) & 0xFFFF_FFFFL;
        return value >>> (8 * (offset & 3)) & -1L >>> (64 - 8 * size);
    }

    /// Writes a register. Anything but a whole register is undefined for the architecture, and ignored here.
    void write(int offset, int size, long value) {
        if ((offset & 15) == 0 && size >= 4) {
            register(offset >>> 4, (int) value);
        }
    }

    /// {@return what a register reads; one that does not exist reads 0 and is an error}
    int register(int number) {
        if (number >= LOCAL_VECTORS && number < LOCAL_VECTORS_END) {
            return apic.localVector(number - LOCAL_VECTORS);
        }
        if (number >= IN_SERVICE && number < REQUESTED + 8) {
            VectorSet set = number < LEVEL_TRIGGERED
                    ? apic.inService()
                    : number < REQUESTED ? apic.levelTriggered() : apic.requested();
            return set.register(number & 7);
        }
        return switch (number) {
            case ID -> apic.id() << 24;
            case VERSION -> LocalApic.VERSION;
            case TASK_PRIORITY -> apic.taskPriority();
            case PROCESSOR_PRIORITY -> apic.processorPriority();
            case END_OF_INTERRUPT -> 0;
            case LOGICAL_DESTINATION -> apic.logicalDestination();
            case DESTINATION_FORMAT -> apic.destinationFormat();
            case SPURIOUS -> apic.spurious();
            case ERROR_STATUS -> apic.errorStatus();
            case COMMAND -> (int) apic.command();
            case COMMAND_HIGH -> (int) (apic.command() >>> 32);
            case INITIAL_COUNT -> timer.initialCount();
            case CURRENT_COUNT -> timer.currentCount();
            case DIVIDE -> timer.divide();
            default -> {
                apic.error(LocalApic.ILLEGAL_REGISTER);
                yield 0;
            }
        };
    }

    /// Writes a register; one that cannot be written is left alone.
    void register(int number, int value) {
        if (number >= LOCAL_VECTORS && number < LOCAL_VECTORS_END) {
            apic.localVector(number - LOCAL_VECTORS, value);
            return;
        }
        switch (number) {
            case TASK_PRIORITY -> apic.taskPriority(value);
            case END_OF_INTERRUPT -> apic.endOfInterrupt();
            case LOGICAL_DESTINATION -> apic.logicalDestination(value);
            case DESTINATION_FORMAT -> apic.destinationFormat(value);
            case SPURIOUS -> apic.spurious(value);
            case ERROR_STATUS -> apic.latchErrors();
            case COMMAND -> apic.command(apic.command() & ~0xFFFF_FFFFL | value & 0xFFFF_EFFFL);
            case COMMAND_HIGH -> apic.commandHigh(value);
            case INITIAL_COUNT -> timer.initialCount(value);
            case DIVIDE -> timer.divide(value);
            default -> {}
        }
    }
}

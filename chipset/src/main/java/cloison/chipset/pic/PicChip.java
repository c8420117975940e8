package cloison.chipset.pic;

/// One 8259A.
///
/// **Owner:** the pair it belongs to, under the pair's lock.
final class PicChip {
    private static final int NONE = -1;

    /// Where the next byte written to the data port goes.
    private enum Initialization {
        DONE,
        VECTOR,
        CASCADE,
        MODE
    }

    // wiring
    private final boolean master;
    private final int levelCapable;

    // registers
    private int requested;
    private int inService;
    private int mask = 0xFF;
    private int levels;
    private int vectorBase;
    private Initialization awaited = Initialization.DONE;
    private boolean modeFollows;
    private boolean single;
    private boolean showInService;
    private boolean poll;
    private boolean specialMask;
    private boolean specialNested;
    private boolean automaticEnd;
    private boolean rotateOnAutomaticEnd;
    private int lowest = 7;

    // transient
    private int high;

    /// @param levelCapable the inputs that can be made level-triggered
    PicChip(boolean master, int levelCapable, int levels) {
        this.master = master;
        this.levelCapable = levelCapable;
        this.levels = levels;
    }

    /// Drives an input.
    void drive(int input, boolean level) {
        int bit = 1 << input;
        boolean rising = level && (high & bit) == 0;
        high = level ? high | bit : high & ~bit;
        if ((levels & bit) != 0) {
            requested = level ? requested | bit : requested & ~bit;
        } else if (rising) {
            requested |= bit;
        }
    }

    /// Shows the master whether its slave wants to interrupt.
    void cascade(boolean wanted) {
        int bit = 1 << PicPair.CASCADE;
        requested = wanted ? requested | bit : requested & ~bit;
    }

    /// {@return the inputs in `set` as distance from the one with the highest priority, or 8 for none}
    private int priority(int set) {
        if (set == 0) {
            return 8;
        }
        int highest = lowest + 1 & 7;
        int rotated = (set | set << 8) >>> highest & 0xFF;
        return Integer.numberOfTrailingZeros(rotated);
    }

    /// {@return the input to be served next, or -1 while nothing may interrupt}
    int candidate() {
        int waiting = priority(requested & ~mask);
        if (waiting == 8) {
            return NONE;
        }
        int blocking = inService;
        if (specialMask) {
            blocking &= ~mask;
        }
        if (specialNested && master) {
            blocking &= ~(1 << PicPair.CASCADE);
        }
        return waiting < priority(blocking) ? waiting + lowest + 1 & 7 : NONE;
    }

    /// Puts an input in service, as the processor's acknowledge cycle does.
    void acknowledge(int input) {
        int bit = 1 << input;
        if ((levels & bit) == 0) {
            requested &= ~bit;
        }
        if (!automaticEnd) {
            inService |= bit;
        } else if (rotateOnAutomaticEnd) {
            lowest = input;
        }
    }

    int vector(int input) {
        return vectorBase + input;
    }

    int levels() {
        return levels;
    }

    void levels(int value) {
        levels = value & levelCapable;
        requested = requested & ~levels | high & levels;
    }

    int data() {
        return mask;
    }

    /// {@return what the command port reads; a poll acknowledges}
    int status() {
        if (!poll) {
            return showInService ? inService : requested;
        }
        poll = false;
        int input = candidate();
        if (input == NONE) {
            return 0;
        }
        acknowledge(input);
        return 0x80 | input;
    }

    void command(int value) {
        if ((value & 0x10) != 0) {
            initialize(value);
        } else if ((value & 0x08) != 0) {
            poll = (value & 4) != 0;
            if ((value & 2) != 0) {
                showInService = (value & 1) != 0;
            }
            if ((value & 0x40) != 0) {
                specialMask = (value & 0x20) != 0;
            }
        } else {
            end(value >>> 5, value & 7);
        }
    }

    private void initialize(int value) {
        modeFollows = (value & 1) != 0;
        single = (value & 2) != 0;
        awaited = Initialization.VECTOR;
        requested = high & levels;
        inService = 0;
        mask = 0;
        lowest = 7;
        showInService = false;
        poll = false;
        specialMask = false;
        specialNested = false;
        automaticEnd = false;
        rotateOnAutomaticEnd = false;
    }

    /// Operation command word 2.
    private void end(int command, int input) {
        switch (command) {
            case 0, 4 -> rotateOnAutomaticEnd = command == 4;
            case 1, 5 -> {
                int first = priority(specialMask ? inService & ~mask : inService);
                if (first < 8) {
                    endOf(first + lowest + 1 & 7, command == 5);
                }
            }
            case 3, 7 -> endOf(input, command == 7);
            case 6 -> lowest = input;
            default -> {}
        }
    }

    private void endOf(int input, boolean rotate) {
        inService &= ~(1 << input);
        if (rotate) {
            lowest = input;
        }
    }

    void data(int value) {
        switch (awaited) {
            case DONE -> mask = value;
            case VECTOR -> {
                vectorBase = value & 0xF8;
                awaited = single ? afterCascade() : Initialization.CASCADE;
            }
            case CASCADE -> awaited = afterCascade();
            case MODE -> {
                specialNested = (value & 0x10) != 0;
                automaticEnd = (value & 2) != 0;
                awaited = Initialization.DONE;
            }
        }
    }

    private Initialization afterCascade() {
        return modeFollows ? Initialization.MODE : Initialization.DONE;
    }
}

package cloison.hyperv.page;

import cloison.machine.memory.GuestMemory;
import cloison.machine.memory.GuestPages;

/// A register that places an overlay page: the page's number and an enable bit.
///
/// ```text
///  63                    12 11        1  0
///  +-----------------------+-----------+---+
///  | guest page number     | preserved | E |
///  +-----------------------+-----------+---+
/// ```
///
/// The page keeps its content while it is nowhere. A number beyond the guest-physical address space is kept,
/// but the page is then nowhere.
///
/// **Owner:** whoever owns the registers; the page itself may be used by any thread at any time.
public final class OverlayRegister {
    /// The enable bit.
    public static final long ENABLED = 1;

    private static final long PAGES = 1L << 40;

    // wiring
    private final GuestMemory memory;
    private final int index;
    private final GuestPages page;

    // registers
    private volatile long value;

    /// A register for the spare page `index` of `memory`.
    public OverlayRegister(GuestMemory memory, int index) {
        this.memory = memory;
        this.index = index;
        page = memory.overlay(index);
    }

    /// Keeps the guest from writing to the page; {@return this}
    public OverlayRegister readOnly() {
        memory.protectOverlay(index);
        return this;
    }

    /// {@return the register}
    public long value() {
        return value;
    }

    /// {@return whether the page is enabled}
    public boolean enabled() {
        return (value & ENABLED) != 0;
    }

    /// {@return the page, wherever it is}
    public GuestPages page() {
        return page;
    }

    /// {@return whether a page with this register value would lie in the guest-physical address space}
    public static boolean addressable(long value) {
        return value >>> GuestMemory.PAGE_SHIFT < PAGES;
    }

    /// Writes the register and moves the page.
    public void write(long to) {
        value = to;
        if ((to & ENABLED) != 0 && addressable(to)) {
            memory.mapOverlay(index, to >>> GuestMemory.PAGE_SHIFT);
        } else {
            memory.unmapOverlay(index);
        }
    }

    /// Takes the page away and clears register and page.
    public void reset() {
        write(0);
        page.write(0, new byte[GuestMemory.PAGE_SIZE], 0, GuestMemory.PAGE_SIZE);
    }
}

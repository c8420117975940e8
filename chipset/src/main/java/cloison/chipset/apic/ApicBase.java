package cloison.chipset.apic;

/// The base register of a local APIC, `IA32_APIC_BASE`: where its page is, and which of the three modes it is in.
///
/// **Owner:** the virtual processor's thread writes; any thread may ask for the mode.
final class ApicBase {
    private static final long BOOTSTRAP = 1L << 8;
    private static final long EXTENDED = 1L << 10;
    private static final long ENABLED = 1L << 11;
    private static final long ADDRESS = 0x000F_FFFF_FFFF_F000L;
    private static final long USUAL_ADDRESS = 0xFEE0_0000L;

    private final boolean bootstrap;
    private final boolean x2apic;
    private volatile long value;

    ApicBase(boolean bootstrap, boolean x2apic) {
        this.bootstrap = bootstrap;
        this.x2apic = x2apic;
        value = USUAL_ADDRESS | ENABLED | (bootstrap ? BOOTSTRAP : 0);
    }

    long value() {
        return value;
    }

    boolean bootstrap() {
        return bootstrap;
    }

    boolean enabled() {
        return (value & ENABLED) != 0;
    }

    boolean extended() {
        return (value & EXTENDED) != 0;
    }

    /// {@return whether the registers are in a page of memory: xAPIC mode}
    boolean paged() {
        return (value & (ENABLED | EXTENDED)) == ENABLED;
    }

    long address() {
        return value & ADDRESS;
    }

    /// {@return whether the register can hold `next` now: SDM volume 3, 12.12.5, the modes' state diagram}
    boolean accepts(long next) {
        if ((next & ~(ADDRESS | ENABLED | EXTENDED | BOOTSTRAP)) != 0) {
            return false;
        }
        if ((next & EXTENDED) == 0) {
            return !extended() || (next & ENABLED) == 0;
        }
        return x2apic && (next & ENABLED) != 0 && enabled();
    }

    /// Stores what [#accepts] accepted; {@return whether the mode changed}
    boolean set(long next) {
        long before = value;
        value = next & ~BOOTSTRAP | (bootstrap ? BOOTSTRAP : 0);
        return ((before ^ value) & (ENABLED | EXTENDED)) != 0;
    }
}

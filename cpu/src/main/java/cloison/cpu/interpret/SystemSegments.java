package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.LDTR;
import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;

/// LLDT, LTR, and the instructions that ask what a selector names: LAR, LSL, VERR, VERW.
final class SystemSegments {
    private static final int BUSY = 2;

    // which system descriptors LAR and LSL tell about: bit n for type n
    private static final int ACCESSIBLE = bits(1, 2, 3, 4, 5, 9, 11, 12);
    private static final int ACCESSIBLE_LONG = bits(2, 9, 11, 12);
    private static final int LIMITED = bits(1, 2, 3, 9, 11);
    private static final int LIMITED_LONG = bits(2, 9, 11);

    private SystemSegments() {}

    private static int bits(int... types) {
        int set = 0;
        for (int type : types) {
            set |= 1 << type;
        }
        return set;
    }

    static void loadLocalTable(Cpu cpu, int selector, int vector) {
        if (Descriptors.isNull(selector)) {
            Segmentation.loadNull(cpu, LDTR, selector);
            return;
        }
        load(cpu, LDTR, selector, vector, Descriptors.LDT, Descriptors.LDT);
    }

    static void loadTask(Cpu cpu, int selector) {
        if (Descriptors.isNull(selector)) {
            throw GuestFault.protection();
        }
        int other = cpu.longActive() ? Descriptors.TSS : Descriptors.TSS_16;
        load(cpu, TR, selector, GuestFault.GP, Descriptors.TSS, other);
        cpu.segmentAttributes[TR] |= BUSY;
        Descriptors.attributes(cpu, selector, cpu.segmentAttributes[TR] & 0xFF);
    }

    private static void load(Cpu cpu, int register, int selector, int vector, int type, int otherType) {
        int size = cpu.longActive() ? 16 : 8;
        long address = (selector & 4) != 0 ? -1 : Descriptors.address(cpu, selector, size);
        if (address == -1) {
            throw Descriptors.fault(vector, selector, 0);
        }
        long descriptor = cpu.mmu.systemRead(address, 8);
        long high = size == 16 ? cpu.mmu.systemRead(address + 8, 8) : 0;
        int attributes = Descriptors.attributes(descriptor);
        int found = attributes & (Descriptors.TYPE | Descriptors.NOT_SYSTEM);
        long base = Descriptors.base(descriptor) | high << 32;
        if (found != type && found != otherType || (high >>> 40 & 0x1F) != 0 || !Canonical.is(base)) {
            throw Descriptors.fault(vector, selector, 0);
        }
        if (!Descriptors.present(attributes)) {
            throw Descriptors.fault(vector == GuestFault.TS ? GuestFault.TS : GuestFault.NP, selector, 0);
        }
        cpu.segmentSelector[register] = selector;
        cpu.segmentBase[register] = base;
        cpu.segmentLimit[register] = Descriptors.limit(descriptor);
        cpu.segmentAttributes[register] = attributes;
    }

    /// {@return the descriptor that LAR, LSL, VERR and VERW may look at, or 0}
    private static long visible(Cpu cpu, int selector) {
        if (Descriptors.isNull(selector)) {
            return 0;
        }
        long address = Descriptors.address(cpu, selector, 8);
        if (address == -1) {
            return 0;
        }
        long descriptor = cpu.mmu.systemRead(address, 8);
        int attributes = Descriptors.attributes(descriptor);
        int dpl = Descriptors.dpl(attributes);
        boolean allowed = Descriptors.conforming(attributes) || dpl >= cpu.cpl && dpl >= (selector & 3);
        return allowed ? descriptor : 0;
    }

    private static void answer(Cpu cpu, boolean yes) {
        cpu.statusFlags(cpu.statusFlags() & ~Flags.ZF | (yes ? Flags.ZF : 0));
    }

    private static void checkProtected(Cpu cpu) {
        if (cpu.realSegments()) {
            throw GuestFault.undefined();
        }
    }

    /// {@return the access rights of a segment for LAR, or -1 if it tells nothing; ZF says which}
    static long accessRights(Cpu cpu, int selector) {
        checkProtected(cpu);
        long descriptor = visible(cpu, selector);
        int attributes = Descriptors.attributes(descriptor);
        int known = cpu.longActive() ? ACCESSIBLE_LONG : ACCESSIBLE;
        boolean yes = descriptor != 0
                && (Descriptors.segment(attributes) || (known >> Descriptors.type(attributes) & 1) != 0);
        answer(cpu, yes);
        return yes ? descriptor >>> 32 & 0xFF_FF00L : -1;
    }

    /// {@return the limit of a segment for LSL, or -1 if it tells nothing; ZF says which}
    static long limit(Cpu cpu, int selector) {
        checkProtected(cpu);
        long descriptor = visible(cpu, selector);
        int attributes = Descriptors.attributes(descriptor);
        int known = cpu.longActive() ? LIMITED_LONG : LIMITED;
        boolean yes = descriptor != 0
                && (Descriptors.segment(attributes) || (known >> Descriptors.type(attributes) & 1) != 0);
        answer(cpu, yes);
        return yes ? Descriptors.limit(descriptor) & 0xFFFF_FFFFL : -1;
    }

    /// Sets ZF to whether a segment may be read, or written.
    static void verify(Cpu cpu, int selector, boolean write) {
        checkProtected(cpu);
        long descriptor = visible(cpu, selector);
        int attributes = Descriptors.attributes(descriptor);
        boolean yes = descriptor != 0
                && Descriptors.segment(attributes)
                && (write
                        ? Descriptors.writableData(attributes)
                        : !Descriptors.code(attributes) || (attributes & Descriptors.PERMISSIVE) != 0);
        answer(cpu, yes);
    }
}

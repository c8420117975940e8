package cloison.hyperv.hypercall;

import cloison.hyperv.guest.ProcessorControl;
import cloison.hyperv.protocol.HvStatus;
import cloison.machine.processor.Invalidation;
import cloison.machine.wire.Wire;

/// The hypercalls that flush the virtual TLBs of processors (TLFS, *Virtual MMU*).
///
/// ```text
///  0               8       16
///  +---------------+-------+---------------------------------+------------------+
///  | address space | flags | processor mask or processor set | ranges of pages… |
///  +---------------+-------+---------------------------------+------------------+
/// ```
///
/// The address space is not looked at: a processor has translations of one space only, and of none that it left.
///
/// **Owner:** any virtual processor's thread, each with what it asks for.
final class FlushCalls {
    private static final long ALL_PROCESSORS = 1;
    private static final long ALL_SPACES = 2;
    private static final long NOT_GLOBAL = 4;

    private static final int FLAGS = 8;
    private static final int PROCESSORS = 16;

    private final ProcessorControl control;
    private final Invalidation[] wanted;

    FlushCalls(int processors, ProcessorControl control) {
        this.control = control;
        wanted = new Invalidation[processors];
        for (int vp = 0; vp < processors; vp++) {
            wanted[vp] = new Invalidation();
        }
    }

    /// {@return the status of a call with a mask of processors}
    ///
    /// @param ranges where the ranges begin
    int masked(int vp, byte[] block, int ranges, int start, int count, ProcessorSets sets) {
        long flags = Wire.u64(block, FLAGS);
        long[] processors = (flags & ALL_PROCESSORS) != 0 ? sets.all() : sets.mask(Wire.u64(block, PROCESSORS));
        return flush(vp, block, flags, ranges, start, count, processors);
    }

    /// {@return the status of a call with a sparse set of processors}
    int sparse(int vp, byte[] block, int banks, int ranges, int start, int count, ProcessorSets sets) {
        long flags = Wire.u64(block, FLAGS);
        if (!sets.set(block, PROCESSORS, banks)) {
            return HvStatus.INVALID_PARAMETER;
        }
        long[] processors = (flags & ALL_PROCESSORS) != 0 ? sets.all() : sets.taken();
        return flush(vp, block, flags, ranges, start, count, processors);
    }

    private int flush(int vp, byte[] block, long flags, int ranges, int start, int count, long[] processors) {
        boolean list = count != 0;
        if ((flags & ~(ALL_PROCESSORS | ALL_SPACES | (list ? 0 : NOT_GLOBAL))) != 0) {
            return HvStatus.INVALID_PARAMETER;
        }
        Invalidation what = wanted[vp];
        what.clear();
        if (!list) {
            what.all((flags & NOT_GLOBAL) == 0);
        }
        for (int i = start; i < count; i++) {
            long range = Wire.u64(block, ranges + 8 * i);
            what.range(range, 1 + (int) (range & 0xFFF));
        }
        control.forget(vp, processors, what);
        return HvStatus.SUCCESS;
    }
}

package cloison.hyperv.guest;

import cloison.machine.processor.Invalidation;

/// What a guest asks of its virtual processors through the hypervisor. Called on the thread of processor `vp`, in the
/// middle of an instruction.
public interface ProcessorControl {
    /// Does nothing: of a partition whose processors are not run.
    ProcessorControl NONE = new ProcessorControl() {
        @Override
        public void idle(int vp) {}

        @Override
        public void forget(int vp, long[] processors, Invalidation what) {}
    };

    /// Lets `vp` execute nothing after this instruction until an interrupt waits, whether it can be delivered or not.
    void idle(int vp);

    /// Makes processors forget translations; when it returns, none of them uses one any more.
    ///
    /// @param processors their bits, 64 a word; bits of processors that do not exist mean nothing
    void forget(int vp, long[] processors, Invalidation what);
}

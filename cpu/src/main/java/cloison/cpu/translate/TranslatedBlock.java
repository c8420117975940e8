package cloison.cpu.translate;

import cloison.cpu.decode.Instruction;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Guest instructions of one page that were translated together.
///
/// **Owner:** the thread that runs the processor.
final class TranslatedBlock {
    final TranslatedPage page;
    final long rip;
    /// Host address for jumps whose target is in R15, which is compared first.
    long indirect;

    /// Host address for jumps that cannot lead elsewhere.
    long direct;

    /// Host address of its code, and where each instruction starts in it; one more at the end.
    long start;

    int[] positions = {};
    /// Those that the host's processor may refuse.
    @Nullable
    Instruction[] instructions = {};

    /// Its one instruction reaches into the next page, so that there is no code here but in a page that knows both.
    boolean crosses;

    /// Whether code from somewhere inside it on relies on the x87 registers being the guest's.
    boolean x87;

    /// Jumps that were patched to lead here.
    final List<Site> links = new ArrayList<>(2);

    TranslatedBlock(TranslatedPage page, long rip) {
        this.page = page;
        this.rip = rip;
    }

    /// {@return the host address after its code}
    long end() {
        return start + positions[positions.length - 1];
    }
}

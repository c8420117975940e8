package cloison.vm.run;

import cloison.machine.processor.Processor;
import cloison.machine.processor.ProcessorState;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/// The text that is kept when one of our own rules was broken: the trace, and the registers where they can be had.
final class EvidenceReport {
    private static final String[] NAMES = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };

    private EvidenceReport() {}

    static String of(String thread, Throwable broken, @Nullable Processor processor) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        out.println("internal error on " + thread);
        broken.printStackTrace(out);
        if (processor != null) {
            out.print(registers(processor.state()));
            long instructions = processor.instructions();
            if (instructions >= 0) {
                out.println("instructions executed: " + instructions);
            }
        }
        return text.toString();
    }

    static String registers(ProcessorState state) {
        StringBuilder text = new StringBuilder();
        text.append("rip %016x rflags %08x cr0 %08x cr2 %016x cr3 %016x cr4 %08x efer %04x%n"
                .formatted(state.rip, state.rflags, state.cr0, state.cr2, state.cr3, state.cr4, state.efer));
        for (int i = 0; i < NAMES.length; i++) {
            text.append("%-3s %016x%s".formatted(NAMES[i], state.gpr[i], i % 4 == 3 ? System.lineSeparator() : "  "));
        }
        return text.toString();
    }
}

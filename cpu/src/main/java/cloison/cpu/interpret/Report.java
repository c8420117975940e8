package cloison.cpu.interpret;

import cloison.machine.processor.ProcessorState;
import java.util.HexFormat;

/// Writes down, for people, where a processor stands.
final class Report {
    private static final String[] NAMES = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"
    };
    private static final String[] SEGMENTS = {"ES", "CS", "SS", "DS", "FS", "GS", "LDTR", "TR"};

    private Report() {}

    /// {@return the report of a broken rule of the engine}
    static String fault(Cpu cpu, RuntimeException cause, long executed) {
        StringBuilder text = new StringBuilder("engine fault: ").append(cause).append('\n');
        int shown = 0;
        for (StackTraceElement element : cause.getStackTrace()) {
            if (shown++ == 12) {
                break;
            }
            text.append("    at ").append(element).append('\n');
        }
        for (Throwable inner = cause.getCause(); inner != null; inner = inner.getCause()) {
            text.append("  because: ").append(inner).append('\n');
        }
        return append(text, cpu, executed).toString();
    }

    /// {@return the report of a fault met while a double fault was delivered}
    static String tripleFault(Cpu cpu, int vector, long executed) {
        String what = "triple fault: exception %d could not be delivered%n".formatted(vector);
        return append(new StringBuilder(what), cpu, executed).toString();
    }

    private static StringBuilder append(StringBuilder text, Cpu cpu, long executed) {
        text.append("%d-bit code, CPL %d, after %d instructions%n".formatted(cpu.codeSize(), cpu.cpl, executed));
        text.append("RIP %016x  RFLAGS %08x  %s%n".formatted(cpu.rip, cpu.rflags(), InstructionAt.text(cpu)));
        text.append("code ")
                .append(HexFormat.ofDelimiter(" ").formatHex(InstructionAt.bytes(cpu, 24)))
                .append('\n');
        for (int i = 0; i < 16; i++) {
            text.append("%s %016x%s".formatted(NAMES[i], cpu.gpr[i], i % 4 == 3 ? "\n" : "  "));
        }
        for (int i = 0; i < 8; i++) {
            text.append("%-4s %04x base %016x limit %08x attributes %04x%n"
                    .formatted(
                            SEGMENTS[i],
                            cpu.segmentSelector[i],
                            cpu.segmentBase[i],
                            cpu.segmentLimit[i],
                            cpu.segmentAttributes[i]));
        }
        text.append("GDT %016x %04x  IDT %016x %04x%n".formatted(cpu.gdtBase, cpu.gdtLimit, cpu.idtBase, cpu.idtLimit));
        text.append("CR0 %08x  CR2 %016x  CR3 %016x  CR4 %08x  CR8 %x  EFER %x%n"
                .formatted(cpu.cr0, cpu.cr2, cpu.cr3, cpu.cr4, cpu.interrupts.cr8(), cpu.efer));
        text.append("FS.base %016x  GS.base %016x  kernel GS.base %016x%n"
                .formatted(cpu.segmentBase[ProcessorState.FS], cpu.segmentBase[ProcessorState.GS], cpu.kernelGsBase));
        return text;
    }
}

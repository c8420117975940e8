package cloison.cpu.decode;

import cloison.cpu.state.CpuState;
import cloison.machine.processor.ProcessorState;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Writes an [Instruction] in Intel syntax, for traces and crash reports.
public final class Disassembler {
    private static final String[] WIDE = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};
    private static final String[] HIGH = {"ah", "ch", "dh", "bh"};

    private Disassembler() {}

    /// {@return the text of `instruction`, such as `lock add dword ptr [rax+rcx*4+0x10], ebx`}
    public static String text(Instruction instruction) {
        StringBuilder text = new StringBuilder();
        if (instruction.lock) {
            text.append("lock ");
        }
        if (instruction.repeat != 0 && instruction.row.is("rep")) {
            boolean compares = instruction.row.flagsWritten() != 0;
            text.append(instruction.repeat == 0xF2 ? "repne " : compares ? "repe " : "rep ");
        }
        if (blank(instruction)) {
            return text.append("nop").toString();
        }
        text.append(mnemonic(instruction));
        boolean sized = needsSize(instruction);
        for (int i = 0; i < instruction.operands.length; i++) {
            text.append(i == 0 ? " " : ", ");
            append(text, instruction, instruction.operand(i), sized);
        }
        return text.toString();
    }

    private static String mnemonic(Instruction instruction) {
        int size = instruction.operandSize;
        return switch (instruction.op()) {
            case IntegerOp.CBW -> size == 8 ? "cdqe" : size == 4 ? "cwde" : "cbw";
            case IntegerOp.CWD -> size == 8 ? "cqo" : size == 4 ? "cdq" : "cwd";
            default -> instruction.op().name().toLowerCase(Locale.ROOT);
        };
    }

    /// {@return whether it is XCHG of rAX with itself, which 64-bit mode takes for NOP}
    private static boolean blank(Instruction instruction) {
        return instruction.op() == IntegerOp.XCHG
                && instruction.operand(0).equals(instruction.operand(1))
                && !instruction.row.form().modrm()
                && instruction.mode == 64
                && instruction.operandSize != 2;
    }

    private static boolean needsSize(Instruction instruction) {
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Operand.Kind.MEMORY && operand.size() == 0) {
                return false;
            }
        }
        return true;
    }

    private static void append(StringBuilder text, Instruction instruction, Operand operand, boolean sized) {
        switch (operand.kind()) {
            case GPR -> text.append(general(operand.number(), operand.size()));
            case GPR_HIGH -> text.append(HIGH[operand.number()]);
            case MEMORY -> {
                if (sized) {
                    text.append(size(operand.size()));
                }
                memory(text, instruction, null);
            }
            case GATHERED -> memory(text, instruction, vector(operand.number(), operand.size()));
            case STRING_SOURCE -> {
                text.append(size(operand.size()));
                if (instruction.segment != ProcessorState.DS) {
                    text.append(SEGMENTS[instruction.segment]).append(':');
                }
                text.append('[').append(general(6, instruction.addressSize)).append(']');
            }
            case STRING_DESTINATION ->
                text.append(size(operand.size()))
                        .append("es:[")
                        .append(general(7, instruction.addressSize))
                        .append(']');
            case IMMEDIATE -> number(text, instruction.immediate, operand.size());
            case IMMEDIATE2 -> number(text, instruction.immediate2, operand.size());
            case RELATIVE -> hex(text, instruction.immediate);
            case FAR -> {
                hex(text, instruction.immediate2);
                text.append(':');
                hex(text, instruction.immediate);
            }
            case SEGMENT -> text.append(SEGMENTS[operand.number()]);
            case CONTROL -> text.append("cr").append(operand.number());
            case DEBUG -> text.append("dr").append(operand.number());
            case XMM -> text.append(vector(operand.number(), operand.size()));
            case MMX -> text.append("mm").append(operand.number());
            case ST -> text.append("st(").append(operand.number()).append(')');
            case CONSTANT -> text.append(operand.number());
        }
    }

    private static String vector(int number, int size) {
        return (size == 32 ? "ymm" : "xmm") + number;
    }

    /// {@return the name of general register `number` in `size` bytes}
    static String general(int number, int size) {
        if (number >= 8) {
            return "r" + number + (size == 8 ? "" : size == 4 ? "d" : size == 2 ? "w" : "b");
        }
        String wide = WIDE[number];
        return switch (size) {
            case 8 -> wide;
            case 4 -> "e" + wide.substring(1);
            case 2 -> wide.substring(1);
            default -> number < 4 ? wide.charAt(1) + "l" : wide.substring(1) + "l";
        };
    }

    private static String size(int bytes) {
        return switch (bytes) {
            case 1 -> "byte ptr ";
            case 2 -> "word ptr ";
            case 4 -> "dword ptr ";
            case 6 -> "fword ptr ";
            case 8 -> "qword ptr ";
            case 10 -> "tbyte ptr ";
            case 16 -> "xmmword ptr ";
            case 32 -> "ymmword ptr ";
            default -> "";
        };
    }

    /// @param vector the name of the index where that is a vector register
    private static void memory(StringBuilder text, Instruction instruction, @Nullable String vector) {
        boolean stack = instruction.base == 4 || instruction.base == 5;
        if (instruction.segment != (stack ? ProcessorState.SS : ProcessorState.DS)) {
            text.append(SEGMENTS[instruction.segment]).append(':');
        }
        text.append('[');
        boolean named = false;
        if (instruction.base != CpuState.ZERO) {
            text.append(general(instruction.base, instruction.addressSize));
            named = true;
        }
        if (instruction.index != CpuState.ZERO || vector != null) {
            String index = vector == null ? general(instruction.index, instruction.addressSize) : vector;
            text.append(named ? "+" : "").append(index);
            if (instruction.addressSize != 2) {
                text.append('*').append(1 << instruction.scale);
            }
            named = true;
        }
        long displacement = instruction.displacement;
        if (!named) {
            hex(text, truncated(displacement, instruction.addressSize));
        } else if (displacement != 0) {
            text.append(displacement < 0 ? '-' : '+');
            hex(text, Math.abs(displacement));
        }
        text.append(']');
    }

    private static void number(StringBuilder text, long value, int size) {
        if (value < 0 && value >= -0x10000 && size > 1) {
            text.append('-');
            hex(text, -value);
        } else {
            hex(text, truncated(value, size));
        }
    }

    private static long truncated(long value, int bytes) {
        return bytes >= 8 ? value : value & (1L << 8 * bytes) - 1;
    }

    private static void hex(StringBuilder text, long value) {
        text.append("0x").append(Long.toHexString(value));
    }
}

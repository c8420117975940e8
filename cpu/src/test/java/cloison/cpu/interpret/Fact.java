package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import java.util.List;

/// Checks short facts about instructions: a program, and what holds after it.
///
/// `"mov al, 0x7f / add al, 1"` leads to `"al=80 flags=OSA"`: registers in hexadecimal, the status flags that are set
/// (of OSZAPC), `vector=6` for the exception that ended it, or `[20000].4=1` for memory.
final class Fact {
    /// Flags that tests of undefined results leave out on translated code: AF and OF.
    private static final String UNDEFINED = Engines.translated() ? "[AO]" : "";

    private static final List<String> NAMES = List.of(
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
            "r15");

    private Fact() {}

    /// In 64-bit mode at CPL 0.
    static void holds(String program, String outcome) {
        try (TestVm vm = TestVm.longMode()) {
            check(vm, program, outcome);
        }
    }

    /// In flat 32-bit protected mode.
    static void holdsInProtectedMode(String program, String outcome) {
        try (TestVm vm = TestVm.protectedMode()) {
            check(vm, program, outcome);
        }
    }

    /// In real mode.
    static void holdsInRealMode(String program, String outcome) {
        try (TestVm vm = TestVm.realMode()) {
            check(vm, program, outcome);
        }
    }

    static void check(TestVm vm, String program, String outcome) {
        vm.run(program.replace(" / ", "\n") + "\nhlt");

        boolean faults = outcome.contains("vector=");
        assertThat(vm.vector()).as("exception of: " + program).isEqualTo(faults ? vector(outcome) : -1);
        for (String part : outcome.trim().split("\\s+")) {
            int equals = part.indexOf('=');
            String name = part.substring(0, equals);
            String value = part.substring(equals + 1);
            String what = "%s after: %s".formatted(name, program);
            switch (name) {
                case "vector" -> {}
                // the host's processor may define differently what is undefined
                case "flags" ->
                    assertThat(flags(vm).replaceAll(UNDEFINED, "")).as(what).isEqualTo(value.replaceAll(UNDEFINED, ""));
                default ->
                    assertThat(Long.toHexString(value(vm, name))).as(what).isEqualTo(value);
            }
        }
    }

    private static int vector(String outcome) {
        return Integer.parseInt(outcome.replaceAll(".*vector=(\\d+).*", "$1"));
    }

    private static String flags(TestVm vm) {
        int flags = vm.flags();
        return ((flags & Flags.OF) != 0 ? "O" : "")
                + ((flags & Flags.SF) != 0 ? "S" : "")
                + ((flags & Flags.ZF) != 0 ? "Z" : "")
                + ((flags & Flags.AF) != 0 ? "A" : "")
                + ((flags & Flags.PF) != 0 ? "P" : "")
                + ((flags & Flags.CF) != 0 ? "C" : "");
    }

    private static long value(TestVm vm, String name) {
        if (name.startsWith("[")) {
            long address = Long.parseLong(name.substring(1, name.indexOf(']')), 16);
            return vm.read(address, name.charAt(name.length() - 1) - '0');
        }
        if (name.equals("rip")) {
            return vm.cpu().rip;
        }
        if (name.equals("df")) {
            return vm.flags() >> 10 & 1;
        }
        int number = NAMES.indexOf(name);
        if (number >= 0) {
            return vm.gpr(number);
        }
        int narrow = List.of("al", "cl", "dl", "bl").indexOf(name);
        if (narrow >= 0) {
            return vm.gpr(narrow) & 0xFF;
        }
        if (name.equals("ah")) {
            return vm.gpr(ProcessorState.RAX) >> 8 & 0xFF;
        }
        throw new IllegalArgumentException("what is " + name);
    }
}

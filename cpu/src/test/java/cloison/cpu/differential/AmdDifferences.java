package cloison.cpu.differential;

import cloison.cpu.decode.Form;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.Row;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What AMD processors do otherwise than the virtual processor, which is an Intel one: the cases that cannot be
/// compared on an AMD host, and the bits of the others that cannot.
///
/// Of everything listed here, the manuals of both vendors either say different things or leave it open. SDM is Intel's
/// manual, APM is AMD's "AMD64 Architecture Programmer's Manual"; the list for people is in
/// `docs/reference/differential-testing.md`.
final class AmdDifferences {
    private static final int MXCSR_MASK_MISALIGNED = MachineState.MXCSR_MASK + 2;
    private static final int PAGE_FAULT = 14;
    private static final int STACK = 12;
    private static final int ALIGNMENT = 17;
    private static final int GENERAL_PROTECTION = 13;

    private static final Set<String> FAR_POINTERS = Set.of("LSS", "LFS", "LGS", "CALLF", "JMPF");
    private static final Set<String> STRINGS = Set.of("MOVS", "CMPS", "STOS", "LODS", "SCAS");
    private static final Set<String> X87_STORES = Set.of("FST", "FSTP", "FIST", "FISTP", "FISTTP", "FBSTP");
    private static final Set<String> SAVES =
            Set.of("FXSAVE", "FXSAVE64", "XSAVE", "XSAVE64", "XSAVEOPT", "XSAVEOPT64", "XSAVEC", "XSAVEC64");
    private static final Set<String> RESTORES = Set.of("FXRSTOR", "FXRSTOR64", "XRSTOR", "XRSTOR64");

    private static final Set<String> LANES_OF_32 = Set.of("VPINSRD", "VPEXTRD");

    /// Operations whose outcome depends, with AMD, on what a single case looks at afterwards.
    private static final Set<String> ALONE = Set.of("POPA", "DPPS", "DPPD", "VDPPS", "VDPPD");

    private final Place place;
    private final Instruction instruction;
    private final Prefixes prefixes;
    private final byte[] code;
    private final MachineState before;
    private final long memory;
    private final String op;

    /// @param memory linear address of the memory operand, if there is one
    AmdDifferences(Place place, Instruction instruction, byte[] code, MachineState before, long memory) {
        this.place = place;
        this.instruction = instruction;
        this.prefixes = Prefixes.of(code, instruction.mode);
        this.code = code;
        this.before = before;
        this.memory = memory;
        this.op = instruction.op().name();
    }

    /// {@return why a sequence with this instruction is not run on an AMD processor, or null if it is}
    ///
    /// @param unmasked whether x87 exceptions may be unmasked
    static @Nullable String sequence(Instruction instruction, byte[] code, boolean unmasked) {
        String op = instruction.op().name();
        Prefixes prefixes = Prefixes.of(code, instruction.mode);
        Form form = instruction.row.form();
        boolean wide = instruction.mode == 64;
        boolean differs = (op.equals("SHLD") || op.equals("SHRD")) && instruction.operandSize == 2
                || op.equals("PAUSE") && prefixes.rexB()
                || form.map() == 1 && form.opcode() == 0x0D && instruction.modrm >= 0xC0
                || FAR_POINTERS.contains(op) && instruction.operandSize == 8
                || op.equals("MOVSXD") && instruction.operandSize == 2
                || (op.equals("POP") || op.equals("PUSH") && !wide)
                        && instruction.operand(0).kind() == Kind.SEGMENT
                || STRINGS.contains(op) && instruction.repeat != 0 && wide && instruction.addressSize == 4
                || ALONE.contains(op)
                || X87_STORES.contains(op) && unmasked
                || op.startsWith("SHA")
                || !wide && LANES_OF_32.contains(op);
        return differs ? "sequences with what AMD does otherwise in single cases" : null;
    }

    /// {@return why no case of a row is run on an AMD processor in a mode, or null if there are some}
    static @Nullable String reason(Row row, int mode) {
        return mode != 64 && row.op().name().equals("SYSRET")
                ? "SYSRET exists outside 64-bit mode (APM volume 3, SYSRET; not so SDM volume 2, SYSRET)"
                : null;
    }

    /// {@return why this case is not run on an AMD processor, or null if it is}
    @Nullable
    String reason() {
        Row row = instruction.row;
        Form form = row.form();
        boolean narrow = prefixes.operandSize() && !prefixes.rexW();
        if (instruction.mode == 64 && row.size() == Row.Size.FORCED_64 && narrow) {
            return "near branches obey 66 (APM volume 1, 3.7.9); with Intel not (SDM volume 2, appendix A.2.5, f64)";
        }
        if ((op.equals("SHLD") || op.equals("SHRD")) && instruction.operandSize == 2 && count() > 16) {
            return "counts above the operand size are undefined (SDM and APM, SHLD)";
        }
        if (op.equals("PAUSE") && prefixes.rexB()) {
            return "F3 90 with REX.B is XCHG with R8";
        }
        if (form.map() == 1 && form.opcode() == 0x0D && instruction.modrm >= 0xC0) {
            return "0F 0D with a register is undefined (APM volume 3, PREFETCH); with Intel it does nothing";
        }
        if (FAR_POINTERS.contains(op) && instruction.operandSize == 8) {
            return "far pointers of 80 bits do not exist (APM volume 3, CALL Far; with Intel they do: SDM volume 2, CALL)";
        }
        if (op.equals("MOVSXD") && instruction.operandSize == 2 && crosses(memory, 4)) {
            return "MOVSXD with 66 reads 32 bits (SDM volume 2, MOVSXD: 16 bits)";
        }
        if ((op.equals("POP") && instruction.operand(0).kind() == Kind.SEGMENT || op.equals("RETF"))
                && crosses(selectorSlot(), instruction.operandSize)) {
            return "the whole slot of a selector is read (SDM volume 2, POP: 16 bits)";
        }
        if (op.startsWith("SHA") && (memory & 15) != 0 && memoryOperand()) {
            return "SHA instructions need no alignment (SDM volume 2, 2.4, exceptions of class 4: 16 bytes)";
        }
        if (instruction.mode != 64 && LANES_OF_32.contains(op) && vexW()) {
            return "VEX.W of VPINSRD and VPEXTRD counts outside 64-bit mode (SDM volume 2, PINSRD and PEXTRD: ignored)";
        }
        if (op.startsWith("UD") && overrun(before.rip + instruction.length)) {
            return "undefined opcodes are refused before all their bytes are fetched";
        }
        return null;
    }

    /// {@return whether VEX.W is set in the prefix of three bytes}
    private boolean vexW() {
        return instruction.row.form().vex()
                && code[prefixes.length()] == (byte) 0xC4
                && code[prefixes.length() + 2] < 0;
    }

    private long selectorSlot() {
        long stack = stack(before);
        return op.equals("RETF") ? stack + instruction.operandSize : stack;
    }

    /// {@return the linear address of the stack's top}
    private long stack(MachineState state) {
        long pointer = state.gpr[ProcessorState.RSP];
        return instruction.mode == 16 ? (pointer & 0xFFFF) + place.data16() : pointer;
    }

    private static boolean crosses(long address, int size) {
        return (address >> 12) != (address + size - 1 >> 12);
    }

    /// {@return why the outcome of this case does not count, or null if it does}
    @Nullable
    String reason(MachineState host, MachineState ours) {
        boolean otherFault = host.vector != ours.vector;
        if (op.equals("BOUND") && otherFault && ours.vector == 5 && host.vector == PAGE_FAULT) {
            return "BOUND reads both bounds before it compares (order open in SDM and APM)";
        }
        if (op.equals("RETF") && otherFault && ours.vector == GENERAL_PROTECTION && host.vector == PAGE_FAULT) {
            return "RETF reads the outer stack before it checks the selector (order open in SDM and APM)";
        }
        boolean began = host.rip == before.rip && ours.rip != before.rip;
        if (op.equals("RETF") && instruction.operandSize == 8 && began && ours.selectors[ProcessorState.CS] == 0x23) {
            return "RETF with REX.W checks 64 bits of RIP against the limit of a 32-bit segment (SDM volume 2, RET: 32)";
        }
        if (op.equals("CMPS") && otherFault && fault(host) && fault(ours)) {
            return "both operands of CMPS fault: which is read first is open";
        }
        if (X87_STORES.contains(op) && began && fault(host) && pending(ours) && !pending(before)) {
            return "x87 stores check their memory before an unmasked exception keeps them from it (order open)";
        }
        if ((SAVES.contains(op) || RESTORES.contains(op)) && otherFault && fault(host) && fault(ours) && misaligned()) {
            return "misalignment is told before a non-canonical address (order open)";
        }
        return null;
    }

    private boolean memoryOperand() {
        return instruction.modrm < 0xC0;
    }

    private boolean misaligned() {
        return (memory & (op.startsWith("FX") ? 15 : 63)) != 0;
    }

    private static boolean fault(MachineState state) {
        return state.vector == PAGE_FAULT
                || state.vector == GENERAL_PROTECTION
                || state.vector == STACK
                || state.vector == ALIGNMENT;
    }

    /// Takes over from `ours` into `host` what does not count.
    void level(MachineState host, MachineState ours, byte[] hostData, byte[] ourData) {
        boolean faulted = host.rip == before.rip && ours.rip == before.rip;
        if (STRINGS.contains(op) && instruction.repeat != 0) {
            // a count of 32 bits is extended only when something is counted; with Intel also when nothing is
            if (instruction.addressSize == 4
                    && (int) host.gpr[ProcessorState.RCX] == (int) before.gpr[ProcessorState.RCX]) {
                host.gpr[ProcessorState.RCX] = host.gpr[ProcessorState.RCX] & 0xFFFF_FFFFL
                        | ours.gpr[ProcessorState.RCX] & 0xFFFF_FFFF_0000_0000L;
            }
            // SDM volume 2, REP: flags are as before the instruction; AMD keeps those of the last repetition
            boolean counted = (int) host.gpr[ProcessorState.RCX] != (int) before.gpr[ProcessorState.RCX];
            if (faulted && counted && (op.equals("CMPS") || op.equals("SCAS"))) {
                host.rflags = host.rflags & ~Flags.STATUS | ours.rflags & Flags.STATUS;
            }
        }
        if (op.equals("CMPS") && host.vector == PAGE_FAULT && ours.vector == PAGE_FAULT) {
            // both operands fault: which is read first is open
            host.address = ours.address;
            host.error = ours.error;
        }
        if (op.equals("CALL") && host.vector == GENERAL_PROTECTION && ours.vector == GENERAL_PROTECTION) {
            // a target that is not canonical is refused before the return address is stored; with Intel after that
            Values.copy(hostData, ourData, stack(before) - 8 - place.data(), 8);
        }
        if (SAVES.contains(op) && host.vector == PAGE_FAULT && ours.vector == PAGE_FAULT) {
            host.error = ours.error; // of two pages that fault, which is told is open
        }
        if (op.equals("POPA") && faulted) {
            // what was popped before the fault may be in its register, as it will be popped again
            for (int i = 0; i < 8; i++) {
                host.gpr[i] = i == ProcessorState.RSP ? host.gpr[i] : ours.gpr[i];
            }
        }
        if (op.equals("PUSH") && instruction.operand(0).kind() == Kind.SEGMENT && instruction.operandSize == 4) {
            // SDM volume 2, PUSH: recent processors store 16 of 32 bits
            Values.copy(hostData, ourData, stack(ours) + 2 - place.data(), 2);
        }
        if (op.equals("INT1") && host.vector == 1 && host.rip == before.rip) {
            // a hypervisor that intercepts #DB gives it back where the instruction began
            host.rip = ours.rip;
        }
        if (op.endsWith("DPPS") || op.endsWith("DPPD")) {
            int size = op.endsWith("S") ? 4 : 8;
            int register = instruction.operand(0).number();
            nans(host.fx, ours.fx, MachineState.XMM + 16 * register, size);
            nans(host.high, ours.high, 16 * register, size);
        }
        if (SAVES.contains(op)) {
            // MXCSR.MM (APM volume 1, 4.2.2)
            Values.copyBit(hostData, ourData, memory + MXCSR_MASK_MISALIGNED - place.data(), 1);
        }
    }

    /// Which of several NaNs a sum of products delivers is another on each processor.
    private static void nans(byte[] host, byte[] ours, int from, int size) {
        for (int at = from; at < from + 16; at += size) {
            if (nan(host, at, size) && nan(ours, at, size)) {
                System.arraycopy(ours, at, host, at, size);
            }
        }
    }

    private static boolean nan(byte[] registers, int at, int size) {
        long value = Values.get(registers, at, size);
        return size == 4
                ? Float.isNaN(Float.intBitsToFloat((int) value))
                : Double.isNaN(Double.longBitsToDouble(value));
    }

    private int count() {
        boolean immediate = instruction.operand(2).kind() == Kind.IMMEDIATE;
        return (int) (immediate ? instruction.immediate : before.gpr[ProcessorState.RCX]) & 31;
    }

    private boolean overrun(long end) {
        return (end - 1) >> 12 != before.rip >> 12;
    }

    private static boolean pending(MachineState state) {
        return (Values.get(state.fx, MachineState.FSW, 2) & 0x80) != 0;
    }
}

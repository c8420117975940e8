package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R13;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.decode.Instruction;
import cloison.cpu.interpret.Cpu;
import cloison.cpu.mmu.Mirror;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;

/// Translates IRETQ from supervisor to 64-bit user code, with the segments that SYSRET would load, and to supervisor
/// code with those that SYSCALL would, or no stack segment: interrupts of the kernel end so, and Linux, where a
/// processor has no SERIALIZE, serializes by returning to itself after each change to its code. The interpreter does
/// everything else.
///
/// The descriptors are read each time and must be flat ones; where the table lies is part of the code, as are the
/// selectors: [Translator] drops all code when they change. RF only keeps instruction breakpoints from being taken
/// again, and where there are any, no translated code runs: it is not loaded.
///
/// SDM volume 2, IRET.
///
/// **Owner:** the thread that translates.
final class InterruptReturnCode {
    private static final int NOT_EQUAL = 5;
    private static final int EQUAL = 4;
    private static final int ABOVE = 7;
    private static final int FRAME = 40;
    private static final int CODE_SELECTOR = 8;
    private static final int FLAGS = 16;
    private static final int POINTER = 24;
    private static final int STACK_SELECTOR = 32;

    /// Present, accessed, DPL 3, base 0, limit 4 GiB: writable data, and 64-bit code.
    private static final long USER_DATA = 0x00CF_F300_0000_FFFFL;

    private static final long USER_CODE = 0x00AF_FB00_0000_FFFFL;

    /// The same with DPL 0.
    private static final long SUPERVISOR_DATA = 0x00CF_9300_0000_FFFFL;

    private static final long SUPERVISOR_CODE = 0x00AF_9B00_0000_FFFFL;

    /// Flags with which the interpreter does it.
    private static final int UNUSUAL = Flags.TF | Flags.NT | Flags.VM | Flags.AC | Flags.VIF | Flags.VIP;

    private static final int LOADED = Flags.IOPL | Flags.ID;

    private static final int[] DATA_SEGMENTS = {ProcessorState.DS, ProcessorState.FS, ProcessorState.GS};

    private final Cpu cpu;
    private final BlockTranslator block;
    private final Assembler asm;

    InterruptReturnCode(Cpu cpu, BlockTranslator block, Assembler asm) {
        this.cpu = cpu;
        this.block = block;
        this.asm = asm;
    }

    /// {@return whether the instruction was translated; otherwise it must be interpreted}
    boolean translate(int i, Instruction instruction) {
        int user = (int) (cpu.star >>> 48) & 0xFFFC;
        int supervisor = (int) (cpu.star >>> 32) & 0xFFFC;
        boolean known = (cpu.efer & Control.EFER_SCE) != 0
                && inTable(user + 8 & 0xFFFF)
                && inTable(supervisor)
                && cpu.gdtBase << 16 >> 16 == cpu.gdtBase;
        if (block.kind() == Mirror.USER || !known) {
            return false;
        }
        Site taking = block.taking(i, instruction);
        block.system().ifWaiting(taking);
        asm.memory(W, 0, 0xF7, 0, RSP, NONE, 0, StateBlock.OTHER_FLAGS);
        asm.i32(Flags.NT);
        block.stubs().leaveTo(taking, NOT_EQUAL);
        frame(instruction, taking);
        asm.store(RSP, StateBlock.VALUE, R15);
        compare(CODE_SELECTOR, user + 16 & 0xFFFF | 3);
        int within = asm.jump(NOT_EQUAL);
        toUser(instruction, taking, user + 16 & 0xFFFF | 3, user + 8 & 0xFFFF);
        asm.here(within);
        toSupervisor(instruction, taking, supervisor);
        return true;
    }

    /// {@return whether a descriptor and the next one are in the GDT}
    private boolean inTable(int selector) {
        return (selector & 4) == 0 && selector + 15 <= cpu.gdtLimit;
    }

    private void toUser(Instruction instruction, Site taking, int code, int stack) {
        compare(STACK_SELECTOR, stack | 3);
        block.stubs().leaveTo(taking, NOT_EQUAL);
        asm.load(R14, R15, 0);
        // SHR: the lower half of addresses
        asm.register(W, 0, 0xC1, 5, R14);
        asm.u8(47);
        block.stubs().leaveTo(taking, NOT_EQUAL);
        descriptors(instruction, taking, cpu.gdtBase + stack, USER_DATA, USER_CODE);
        dataSegments(taking);
        asm.load(R15, RSP, StateBlock.VALUE);
        load();
        block.system().returned(code, stack | 3);
        leave(instruction, Mirror.USER);
    }

    private void toSupervisor(Instruction instruction, Site taking, int code) {
        compare(CODE_SELECTOR, code);
        block.stubs().leaveTo(taking, NOT_EQUAL);
        // MOVZX of the selector: that of now, which is none or that of the code's data
        asm.memory(0, 1, 0xB7, R14, R15, NONE, 0, STACK_SELECTOR);
        asm.memory(0, 0, 0x3B, R14, RSP, NONE, 0, SystemCode.selector(ProcessorState.SS));
        block.stubs().leaveTo(taking, NOT_EQUAL);
        asm.register(0, 0, 0x85, R14, R14);
        int none = asm.jump(EQUAL);
        asm.register(0, 0, 0x81, 7, R14);
        asm.i32(code + 8 & 0xFFFF);
        block.stubs().leaveTo(taking, NOT_EQUAL);
        asm.here(none);
        asm.load(R14, R15, 0);
        // SAR, ADD 1, CMP 1: either half of addresses
        asm.register(W, 0, 0xC1, 7, R14);
        asm.u8(47);
        asm.register(W, 0, 0x83, 0, R14);
        asm.u8(1);
        asm.register(W, 0, 0x83, 7, R14);
        asm.u8(1);
        block.stubs().leaveTo(taking, ABOVE);
        descriptors(instruction, taking, cpu.gdtBase + code, SUPERVISOR_CODE, SUPERVISOR_DATA);
        asm.load(R15, RSP, StateBlock.VALUE);
        load();
        block.set(StateBlock.ACCESS_FLAG, 0);
        leave(instruction, (cpu.cr4 & Control.CR4_SMAP) != 0 ? Mirror.SYSTEM : Mirror.SYSTEM_AC);
    }

    /// Loads status flags and RSP from the frame, and jumps.
    private void leave(Instruction instruction, int kind) {
        asm.load(R14, R15, FLAGS);
        asm.register(0, 0, 0x81, 4, R14);
        asm.i32(Flags.STATUS);
        asm.load(R13, R15, POINTER);
        asm.load(R15, R15, 0);
        // PUSH R14, POPF
        asm.plus(0, 0, 0x50, R14);
        asm.u8(0x9D);
        block.jumpIndirect(instruction, 0, Mode.wide(block.mode(), kind));
    }

    /// Lets the interpreter take over unless two descriptors are these.
    private void descriptors(Instruction instruction, Site taking, long address, long first, long second) {
        Site site = block.accessSite(instruction, 16, false);
        site.retry = asm.position();
        asm.constant(R15, address);
        block.access().checkTranslations(site, false);
        block.access().toR15();
        same(taking, 0, first);
        same(taking, 8, second);
    }

    private void same(Site taking, int at, long value) {
        asm.constant(R14, value);
        asm.memory(W, 0, 0x3B, R14, R15, NONE, 0, at);
        block.stubs().leaveTo(taking, NOT_EQUAL);
    }

    /// Data segments that only supervisor code may use would become null.
    private void dataSegments(Site taking) {
        asm.memory(0, 0, 0x8B, R14, RSP, NONE, 0, SystemCode.selector(ProcessorState.ES));
        for (int segment : DATA_SEGMENTS) {
            asm.memory(0, 0, 0x0B, R14, RSP, NONE, 0, SystemCode.selector(segment));
        }
        block.stubs().leaveTo(taking, NOT_EQUAL);
    }

    /// Leaves the host address of the frame in R15, if it is one of the usual kind.
    private void frame(Instruction instruction, Site taking) {
        Site site = block.accessSite(instruction, FRAME, false);
        site.retry = asm.position();
        asm.move(R15, R13);
        block.access().checkTranslations(site, false);
        block.access().toR15();
        asm.memory(0, 0, 0xF7, 0, R15, NONE, 0, FLAGS);
        asm.i32(UNUSUAL);
        block.stubs().leaveTo(taking, NOT_EQUAL);
    }

    /// A selector is 16 bits of its word.
    private void compare(int at, int value) {
        asm.memory(Assembler.P66, 0, 0x81, 7, R15, NONE, 0, at);
        asm.u8(value & 0xFF, value >> 8);
    }

    /// Loads the flags that are not status flags.
    private void load() {
        part(LOADED);
        asm.register(0, 0, 0x83, 1, R14);
        asm.u8(2);
        asm.store(RSP, StateBlock.OTHER_FLAGS, R14);
        part(Flags.IF);
        asm.store(RSP, StateBlock.INTERRUPT_FLAG, R14);
        part(Flags.DF);
        asm.store(RSP, StateBlock.DIRECTION_FLAG, R14);
    }

    /// R14 = some bits of the frame's flags.
    private void part(int mask) {
        asm.memory(0, 0, 0x8B, R14, R15, NONE, 0, FLAGS);
        asm.register(0, 0, 0x81, 4, R14);
        asm.i32(mask);
    }
}

package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RCX;
import static cloison.cpu.translate.Assembler.RSP;
import static cloison.cpu.translate.Assembler.W;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.interpret.Cpu;
import cloison.cpu.interpret.QuickCalls;
import cloison.cpu.mmu.Mirror;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;

/// Translates system instructions that kernels execute all the time: CLI, STI, SWAPGS, CLAC, STAC, SYSCALL, SYSRET,
/// RDTSC, and reading a segment register.
///
/// What SYSCALL does follows from EFER, STAR, LSTAR, FMASK and CR4.SMAP, which are part of the code: [Translator] drops
/// all code when one of them changes. CS, SS and CPL are loaded later, if somebody asks ([StateBlock#CALLED]).
///
/// **Owner:** the thread that translates.
final class SystemCode {
    private static final int NOT_EQUAL = 5;
    private static final int R11 = 11;
    private static final int SELECTOR_BYTES = 4;

    private final Cpu cpu;
    private final BlockTranslator block;
    private final Assembler asm;
    private final InterruptReturnCode interruptReturn;

    SystemCode(Cpu cpu, BlockTranslator block, Assembler asm) {
        this.cpu = cpu;
        this.block = block;
        this.asm = asm;
        interruptReturn = new InterruptReturnCode(cpu, block, asm);
    }

    /// {@return whether the instruction was translated; otherwise it must be interpreted}
    boolean translate(int i, Instruction instruction) {
        boolean supervisor = block.kind() != Mirror.USER;
        switch ((SystemOp) instruction.op()) {
            case MOV -> segment(instruction);
            case RDTSC, RDTSCP -> block.stubs().leaveTo(block.taking(Site.Kind.TIME, i, instruction));
            case SYSCALL -> {
                return systemCall(i, instruction);
            }
            case IRET -> {
                return interruptReturn.translate(i, instruction);
            }
            case SYSRET -> {
                return supervisor && systemReturn(i, instruction);
            }
            default -> {
                if (!supervisor) {
                    return false;
                }
                return supervisor(i, instruction);
            }
        }
        return true;
    }

    private boolean supervisor(int i, Instruction instruction) {
        switch ((SystemOp) instruction.op()) {
            case CLI -> block.set(StateBlock.INTERRUPT_FLAG, 0);
            case STI -> {
                ifWaiting(i, instruction, block.flagsLiveBefore(i));
                block.set(StateBlock.INTERRUPT_FLAG, Flags.IF);
            }
            case SWAPGS -> {
                asm.load(R14, RSP, StateBlock.GS_BASE);
                asm.load(R15, RSP, StateBlock.KERNEL_GS_BASE);
                asm.store(RSP, StateBlock.GS_BASE, R15);
                asm.store(RSP, StateBlock.KERNEL_GS_BASE, R14);
            }
            case CLAC, STAC -> {
                if ((cpu.cr4 & Control.CR4_SMAP) == 0) {
                    return false;
                }
                boolean on = instruction.op() == SystemOp.STAC;
                block.set(StateBlock.ACCESS_FLAG, on ? Flags.AC : 0);
                block.kind(on ? Mirror.SYSTEM_AC : Mirror.SYSTEM);
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /// Leaves the instruction to the interpreter if an interrupt waits for it.
    private void ifWaiting(int i, Instruction instruction, boolean flagsLive) {
        Site site = block.taking(i, instruction);
        if (flagsLive) {
            asm.store(RSP, StateBlock.KEEP_RCX, RCX);
            asm.load(RCX, RSP, StateBlock.WAITING);
            int none = asm.jumpIfRcxZero();
            asm.load(RCX, RSP, StateBlock.KEEP_RCX);
            block.stubs().leaveTo(site);
            asm.hereShort(none);
            asm.load(RCX, RSP, StateBlock.KEEP_RCX);
        } else {
            ifWaiting(site);
        }
    }

    /// The same where no flags are live.
    void ifWaiting(Site taking) {
        asm.memory(W, 0, 0x83, 7, RSP, NONE, 0, StateBlock.WAITING);
        asm.u8(0);
        block.stubs().leaveTo(taking, NOT_EQUAL);
    }

    private void segment(Instruction instruction) {
        int to = instruction.operand(0).number();
        int from = selector(instruction.operand(1).number());
        int scratch = BlockTranslator.resident(to) ? R14 : BlockTranslator.host(to);
        asm.memory(0, 0, 0x8B, scratch, RSP, NONE, 0, from);
        if (scratch == R14) {
            asm.store(RSP, BlockTranslator.slot(to), R14);
        }
    }

    private boolean systemCall(int i, Instruction instruction) {
        int mask = (int) cpu.fmask;
        boolean usual = (mask & Flags.STATUS) == Flags.STATUS && (mask & Flags.AC) != 0 && (mask & Flags.IF) != 0;
        if ((cpu.efer & Control.EFER_SCE) == 0 || !usual || cpu.lstar << 16 >> 16 != cpu.lstar) {
            return false;
        }
        block.stack().flagsToR14();
        asm.move(R11, R14);
        asm.constant(RCX, instruction.next());
        block.set(StateBlock.INTERRUPT_FLAG, 0);
        block.set(StateBlock.ACCESS_FLAG, 0);
        if ((mask & Flags.DF) != 0) {
            block.set(StateBlock.DIRECTION_FLAG, 0);
        }
        asm.memory(W, 0, 0x81, 4, RSP, NONE, 0, StateBlock.OTHER_FLAGS);
        asm.i32(~mask | 2);
        asm.storeInt(RSP, StateBlock.CALLED, StateBlock.BY_SYSCALL);
        int selector = (int) (cpu.star >>> 32) & 0xFFFC;
        selectors(selector, selector + 8 & 0xFFFF);
        asm.constant(R15, cpu.lstar);
        // all status flags clear: 1 + 0
        asm.constant(R14, 1);
        asm.register(0, 0, 0x83, 0, R14);
        asm.u8(0);
        boolean smap = (cpu.cr4 & Control.CR4_SMAP) != 0;
        block.jumpIndirect(instruction, 0, Mode.wide(block.mode(), smap ? Mirror.SYSTEM : Mirror.SYSTEM_AC));
        return true;
    }

    private boolean systemReturn(int i, Instruction instruction) {
        if ((cpu.efer & Control.EFER_SCE) == 0) {
            return false;
        }
        Site site = block.taking(i, instruction);
        ifWaiting(i, instruction, false);
        // TF, AC
        asm.register(0, 0, 0xF7, 0, R11);
        asm.i32(Flags.TF | Flags.AC);
        block.stubs().leaveTo(site, NOT_EQUAL);
        asm.move(R14, RCX);
        asm.register(W, 0, 0xC1, 5, R14);
        asm.u8(47);
        block.stubs().leaveTo(block.taking(i, instruction), NOT_EQUAL);
        part(QuickCalls.RETURNED & ~(Flags.STATUS | Flags.IF | Flags.AC | Flags.TF | Flags.DF));
        asm.register(0, 0, 0x83, 1, R14);
        asm.u8(2);
        asm.store(RSP, StateBlock.OTHER_FLAGS, R14);
        part(Flags.IF);
        asm.store(RSP, StateBlock.INTERRUPT_FLAG, R14);
        part(Flags.DF);
        asm.store(RSP, StateBlock.DIRECTION_FLAG, R14);
        int selector = (int) (cpu.star >>> 48);
        returned(selector + 16 & 0xFFFF | 3, selector + 8 & 0xFFFF | 3);
        asm.move(R15, RCX);
        part(Flags.STATUS);
        // PUSH R14, POPF
        asm.plus(0, 0, 0x50, R14);
        asm.u8(0x9D);
        block.jumpIndirect(instruction, 0, Mode.wide(block.mode(), Mirror.USER));
        return true;
    }

    private void selectors(int code, int stack) {
        asm.storeInt(RSP, selector(ProcessorState.CS), code);
        asm.storeInt(RSP, selector(ProcessorState.SS), stack);
    }

    /// Notes that user code follows, with the segments that SYSRET loads.
    void returned(int code, int stack) {
        block.set(StateBlock.ACCESS_FLAG, 0);
        asm.storeInt(RSP, StateBlock.CALLED, StateBlock.BY_SYSRET);
        selectors(code, stack);
    }

    static int selector(int segment) {
        return StateBlock.SELECTORS + SELECTOR_BYTES * segment;
    }

    /// R14 = some bits of R11.
    private void part(int mask) {
        asm.register(0, 0, 0x8B, R14, R11);
        asm.register(0, 0, 0x81, 4, R14);
        asm.i32(mask);
    }
}

package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.state.Attention;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.ProcessorState;

/// Makes the steps of the system instructions: control state, model-specific registers, interrupts, ports, quick calls.
/// Those that see segments are made by [SegmentSteps].
final class SystemSteps {
    private SystemSteps() {}

    static Step of(SystemOp op, Instruction instruction) {
        return switch (op) {
            case MOV -> move(instruction);
            case PUSH,
                    POP,
                    LES,
                    LDS,
                    LSS,
                    LFS,
                    LGS,
                    CALLF,
                    JMPF,
                    RETF,
                    SLDT,
                    STR,
                    LLDT,
                    LTR,
                    VERR,
                    VERW,
                    SGDT,
                    SIDT,
                    LGDT,
                    LIDT,
                    LAR,
                    LSL,
                    ARPL -> SegmentSteps.of(op, instruction);
            case INT3, INT, INTO, INT1, IRET, HLT, CLI, STI -> interrupts(op, instruction);
            case SMSW, LMSW, CLTS, XGETBV, XSETBV, CLAC, STAC, INVLPG, INVD, WBINVD -> control(op, instruction);
            case RDMSR, WRMSR, RDTSC, RDTSCP, RDPMC, CPUID -> registers(op);
            case SYSCALL, SYSRET, SYSENTER, SYSEXIT, SWAPGS, VMCALL, VMMCALL -> calls(op, instruction);
            case IN, OUT -> ports(op, instruction);
            case INS, OUTS -> {
                Operand memory = instruction.operand(op == SystemOp.INS ? 0 : 1);
                yield new Ports.StringStep(
                        op == SystemOp.INS,
                        memory.size(),
                        instruction.repeat != 0,
                        instruction.addressSize,
                        instruction.segment,
                        instruction.address);
            }
        };
    }

    /// Throws #GP(0) unless CPL is 0.
    static void supervisor(Cpu cpu) {
        if (cpu.cpl != 0) {
            throw GuestFault.protection();
        }
    }

    // ---- moves to and from control and debug registers

    private static Step move(Instruction instruction) {
        Operand to = instruction.operand(0);
        Operand from = instruction.operand(1);
        if (to.kind() == Operand.Kind.SEGMENT || from.kind() == Operand.Kind.SEGMENT) {
            return SegmentSteps.of(SystemOp.MOV, instruction);
        }
        if (to.kind() == Operand.Kind.CONTROL) {
            return toControl(to.number(), new Place(instruction, 1));
        }
        if (from.kind() == Operand.Kind.CONTROL) {
            return fromControl(from.number(), new Place(instruction, 0));
        }
        return to.kind() == Operand.Kind.DEBUG
                ? toDebug(to.number(), new Place(instruction, 1))
                : fromDebug(from.number(), new Place(instruction, 0));
    }

    private static Step toControl(int number, Place source) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if (!ControlRegisters.exists(number)) {
                    throw GuestFault.undefined();
                }
                supervisor(cpu);
                ControlRegisters.write(cpu, number, source.read(cpu));
            }
        };
    }

    private static Step fromControl(int number, Place target) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if (!ControlRegisters.exists(number)) {
                    throw GuestFault.undefined();
                }
                supervisor(cpu);
                target.write(cpu, ControlRegisters.read(cpu, number));
            }
        };
    }

    private static void existing(int debugRegister) {
        if (debugRegister > 7) {
            throw GuestFault.undefined();
        }
    }

    private static Step toDebug(int number, Place source) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                existing(number);
                supervisor(cpu);
                ControlRegisters.writeDebug(cpu, number, source.read(cpu));
            }
        };
    }

    private static Step fromDebug(int number, Place target) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                existing(number);
                supervisor(cpu);
                target.write(cpu, ControlRegisters.readDebug(cpu, number));
            }
        };
    }

    // ---- interrupts

    private static Step interrupts(SystemOp op, Instruction instruction) {
        return switch (op) {
            case INT3 -> software(GuestFault.BP, true);
            case INT1 -> software(GuestFault.DB, false);
            case INT -> softwareNumbered((int) instruction.immediate & 0xFF);
            case INTO ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        if (cpu.overflow()) {
                            Delivery.software(cpu, GuestFault.OF, true);
                        }
                    }
                };
            case IRET -> {
                int size = instruction.operandSize;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        InterruptReturn.run(cpu, size);
                    }
                };
            }
            case HLT ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        cpu.halted = true;
                        cpu.attention.raise(Attention.LOOK);
                    }
                };
            case CLI ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkInterruptFlag(cpu);
                        cpu.flagRest &= ~Flags.IF;
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkInterruptFlag(cpu);
                        if ((cpu.flagRest & Flags.IF) == 0) {
                            cpu.flagRest |= Flags.IF;
                            cpu.shadow = true;
                            cpu.attention.raise(Attention.LOOK);
                        }
                    }
                };
        };
    }

    private static void checkInterruptFlag(Cpu cpu) {
        if (cpu.protectedMode() && cpu.cpl > cpu.iopl()) {
            throw GuestFault.protection();
        }
    }

    private static Step software(int vector, boolean privileged) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if (vector == GuestFault.DB) {
                    cpu.debugCause = 0;
                }
                Delivery.software(cpu, vector, privileged);
            }
        };
    }

    private static Step softwareNumbered(int vector) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if (cpu.virtual8086() && cpu.iopl() < 3) {
                    throw GuestFault.protection();
                }
                Delivery.software(cpu, vector, true);
            }
        };
    }

    // ---- control state

    private static Step control(SystemOp op, Instruction instruction) {
        return switch (op) {
            case SMSW -> {
                Place target = new Place(instruction, 0);
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        target.write(cpu, cpu.cr0);
                    }
                };
            }
            case LMSW -> {
                Place source = new Place(instruction, 0);
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        ControlRegisters.loadStatusWord(cpu, (int) source.read(cpu));
                    }
                };
            }
            case CLTS ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        cpu.cr0 &= ~Control.CR0_TS;
                    }
                };
            case XGETBV -> extended(false);
            case XSETBV -> extended(true);
            case CLAC -> accessControl(0);
            case STAC -> accessControl(Flags.AC);
            case INVLPG -> {
                Address address = new Address(instruction);
                boolean flat = instruction.mode == 64;
                int segment = instruction.segment;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        long offset = address.offset(cpu);
                        long base = flat && segment < ProcessorState.FS ? 0 : cpu.segmentBase[segment];
                        long linear = flat ? offset + base : offset + base & 0xFFFF_FFFFL;
                        cpu.forget(linear);
                    }
                };
            }
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                    }
                };
        };
    }

    private static Step accessControl(int value) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if (cpu.cpl != 0 || cpu.virtual8086()) {
                    throw GuestFault.undefined();
                }
                cpu.loadFlags(value, Flags.AC);
            }
        };
    }

    private static Step extended(boolean set) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if ((cpu.cr4 & Control.CR4_OSXSAVE) == 0) {
                    throw GuestFault.undefined();
                }
                if (set) {
                    supervisor(cpu);
                }
                int index = (int) cpu.gpr[ProcessorState.RCX];
                if (index == 1 && !set && cpu.model.has(CpuFeature.XGETBV1)) {
                    answer(cpu, cpu.xcr0 & X87State.inUse(cpu));
                    return;
                }
                if (index != 0) {
                    throw GuestFault.protection();
                }
                if (set) {
                    long value = pair(cpu);
                    if (!X87State.allowed(value, cpu.xcr0Bits)) {
                        throw GuestFault.protection();
                    }
                    cpu.xcr0 = value;
                } else {
                    answer(cpu, cpu.xcr0);
                }
            }
        };
    }

    // ---- model-specific registers, time, identification

    private static long pair(Cpu cpu) {
        return cpu.gpr[ProcessorState.RDX] << 32 | cpu.gpr[ProcessorState.RAX] & 0xFFFF_FFFFL;
    }

    private static void answer(Cpu cpu, long value) {
        cpu.gpr[ProcessorState.RAX] = value & 0xFFFF_FFFFL;
        cpu.gpr[ProcessorState.RDX] = value >>> 32;
    }

    private static void checkTime(Cpu cpu) {
        if ((cpu.cr4 & Control.CR4_TSD) != 0 && cpu.cpl != 0) {
            throw GuestFault.protection();
        }
    }

    private static Step registers(SystemOp op) {
        return switch (op) {
            case RDMSR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        answer(cpu, cpu.msrs.read((int) cpu.gpr[ProcessorState.RCX]));
                    }
                };
            case WRMSR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        cpu.msrs.write((int) cpu.gpr[ProcessorState.RCX], pair(cpu));
                    }
                };
            case RDTSC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkTime(cpu);
                        answer(cpu, cpu.msrs.timeStamp());
                    }
                };
            case RDTSCP ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkTime(cpu);
                        answer(cpu, cpu.msrs.timeStamp());
                        cpu.gpr[ProcessorState.RCX] = cpu.tscAux;
                    }
                };
            case RDPMC ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        throw GuestFault.protection();
                    }
                };
            default -> {
                int[] scratch = new int[4];
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        CpuId.run(cpu, scratch);
                    }
                };
            }
        };
    }

    // ---- quick calls

    private static Step calls(SystemOp op, Instruction instruction) {
        int size = instruction.operandSize;
        return switch (op) {
            case SYSCALL ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        QuickCalls.systemCall(cpu);
                    }
                };
            case SYSRET ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        QuickCalls.systemReturn(cpu, size);
                    }
                };
            case SYSENTER ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        QuickCalls.enter(cpu);
                    }
                };
            case SYSEXIT ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        QuickCalls.exit(cpu, size);
                    }
                };
            case SWAPGS ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        supervisor(cpu);
                        long base = cpu.segmentBase[ProcessorState.GS];
                        cpu.segmentBase[ProcessorState.GS] = cpu.kernelGsBase;
                        cpu.kernelGsBase = base;
                    }
                };
            default ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        QuickCalls.hypercall(cpu);
                    }
                };
        };
    }

    // ---- ports

    private static Step ports(SystemOp op, Instruction instruction) {
        boolean in = op == SystemOp.IN;
        Operand data = instruction.operand(in ? 0 : 1);
        Operand port = instruction.operand(in ? 1 : 0);
        int size = data.size();
        boolean fixed = port.kind() == Operand.Kind.IMMEDIATE;
        int number = (int) instruction.immediate & 0xFF;
        Place accumulator = new Place(instruction, in ? 0 : 1);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                int at = fixed ? number : (int) cpu.gpr[ProcessorState.RDX] & 0xFFFF;
                if (in) {
                    accumulator.write(cpu, Ports.in(cpu, at, size));
                } else {
                    Ports.out(cpu, at, size, accumulator.read(cpu));
                }
            }
        };
    }
}

package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.DS;
import static cloison.machine.processor.ProcessorState.ES;
import static cloison.machine.processor.ProcessorState.FS;
import static cloison.machine.processor.ProcessorState.GS;
import static cloison.machine.processor.ProcessorState.LDTR;
import static cloison.machine.processor.ProcessorState.RSP;
import static cloison.machine.processor.ProcessorState.SS;
import static cloison.machine.processor.ProcessorState.TR;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.state.Attention;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;

/// Makes the steps of the instructions that see segments: loads and stores of segment registers, far transfers,
/// descriptor tables.
final class SegmentSteps {
    private SegmentSteps() {}

    static Step of(SystemOp op, Instruction instruction) {
        return switch (op) {
            case MOV -> move(instruction);
            case PUSH -> push(instruction);
            case POP -> pop(instruction);
            case LES -> loadPointer(instruction, ES);
            case LDS -> loadPointer(instruction, DS);
            case LSS -> loadPointer(instruction, SS);
            case LFS -> loadPointer(instruction, FS);
            case LGS -> loadPointer(instruction, GS);
            case CALLF, JMPF -> far(instruction, op == SystemOp.CALLF);
            case RETF -> {
                int size = instruction.operandSize;
                int release = instruction.operands.length == 0 ? 0 : (int) instruction.immediate & 0xFFFF;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        FarTransfer.back(cpu, size, release);
                    }
                };
            }
            case SLDT -> store(instruction, LDTR);
            case STR -> store(instruction, TR);
            case SGDT, SIDT -> storeTable(instruction, op == SystemOp.SGDT);
            case LGDT, LIDT -> loadTable(instruction, op == SystemOp.LGDT);
            default -> selector(op, instruction);
        };
    }

    // ---- moves

    private static Step move(Instruction instruction) {
        Operand to = instruction.operand(0);
        if (to.kind() != Operand.Kind.SEGMENT) {
            Place target = new Place(instruction, 0);
            int segment = instruction.operand(1).number();
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    target.write(cpu, cpu.segmentSelector[segment]);
                }
            };
        }
        Place source = new Place(instruction, 1);
        int segment = to.number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                if (segment == ProcessorState.CS) {
                    throw GuestFault.undefined();
                }
                Segmentation.load(cpu, segment, (int) source.read(cpu) & 0xFFFF);
                afterLoad(cpu, segment);
            }
        };
    }

    /// Nothing interrupts between the load of SS by MOV or POP and the instruction after it. LSS loads the pointer too
    /// and needs no such thing (SDM volume 3, 6.8.3).
    private static void afterLoad(Cpu cpu, int segment) {
        if (segment == SS) {
            cpu.shadow = true;
            cpu.debugShadow = true;
            cpu.attention.raise(Attention.LOOK);
        }
    }

    private static Step push(Instruction instruction) {
        int size = instruction.operandSize;
        int segment = instruction.operand(0).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                int selector = cpu.segmentSelector[segment];
                if (size == 4) {
                    // only the low half is stored
                    long below = Stack.pointer(cpu) - 4 & Stack.mask(cpu);
                    cpu.mmu.write16(Stack.linear(cpu, below, 2, true), selector);
                    Stack.commit(cpu, below);
                } else {
                    Stack.commit(cpu, Stack.push(cpu, Stack.pointer(cpu), size, selector));
                }
            }
        };
    }

    private static Step pop(Instruction instruction) {
        int size = instruction.operandSize;
        int segment = instruction.operand(0).number();
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long pointer = Stack.pointer(cpu);
                // of the slot only the selector is read
                int selector = (int) Stack.peek(cpu, pointer, 0, 2);
                // with the old SS: the pointer moves by its width
                long mask = Stack.mask(cpu);
                Segmentation.load(cpu, segment, selector);
                long moved = pointer + size & mask;
                cpu.gpr[RSP] = mask == 0xFFFFL ? cpu.gpr[RSP] & ~mask | moved : moved;
                afterLoad(cpu, segment);
            }
        };
    }

    private static Step loadPointer(Instruction instruction, int segment) {
        int size = instruction.operandSize;
        Address address = new Address(instruction);
        Place target = new Place(instruction, 0);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long linear = address.read(cpu, size + 2);
                long offset = cpu.mmu.read(linear, size);
                int selector = (int) cpu.mmu.read16(linear + size);
                Segmentation.load(cpu, segment, selector);
                target.write(cpu, offset);
            }
        };
    }

    // ---- far transfers

    private static Step far(Instruction instruction, boolean call) {
        int size = instruction.operandSize;
        if (instruction.operand(0).kind() == Operand.Kind.FAR) {
            int selector = (int) instruction.immediate2 & 0xFFFF;
            long offset = instruction.immediate;
            return new Step() {
                @Override
                public void run(Cpu cpu) {
                    go(cpu, call, selector, offset, size);
                }
            };
        }
        Address address = new Address(instruction);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long linear = address.read(cpu, size + 2);
                long offset = cpu.mmu.read(linear, size);
                go(cpu, call, (int) cpu.mmu.read16(linear + size), offset, size);
            }
        };
    }

    private static void go(Cpu cpu, boolean call, int selector, long offset, int size) {
        if (call) {
            FarTransfer.call(cpu, selector, offset, size);
        } else {
            FarTransfer.jump(cpu, selector, offset, size);
        }
    }

    // ---- descriptor tables

    private static Step storeTable(Instruction instruction, boolean global) {
        Address address = new Address(instruction);
        int width = instruction.mode == 64 ? 8 : 4;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                long linear = address.write(cpu, width + 2);
                cpu.mmu.probeWrite(linear, width + 2);
                cpu.mmu.write16(linear, global ? cpu.gdtLimit : cpu.idtLimit);
                cpu.mmu.write(linear + 2, width, global ? cpu.gdtBase : cpu.idtBase);
            }
        };
    }

    private static Step loadTable(Instruction instruction, boolean global) {
        Address address = new Address(instruction);
        int width = instruction.mode == 64 ? 8 : 4;
        long mask = width == 8 ? -1L : instruction.operandSize == 2 ? 0xFF_FFFFL : 0xFFFF_FFFFL;
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                SystemSteps.supervisor(cpu);
                long linear = address.read(cpu, width + 2);
                int limit = (int) cpu.mmu.read16(linear);
                long base = cpu.mmu.read(linear + 2, width) & mask;
                if (!Canonical.is(base)) {
                    throw GuestFault.protection();
                }
                if (global) {
                    cpu.gdtBase = base;
                    cpu.gdtLimit = limit;
                } else {
                    cpu.idtBase = base;
                    cpu.idtLimit = limit;
                }
            }
        };
    }

    private static Step store(Instruction instruction, int segment) {
        Place target = new Place(instruction, 0);
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                checkProtected(cpu);
                target.write(cpu, cpu.segmentSelector[segment]);
            }
        };
    }

    private static void checkProtected(Cpu cpu) {
        if (cpu.realSegments()) {
            throw GuestFault.undefined();
        }
    }

    // ---- instructions on selectors

    private static Step selector(SystemOp op, Instruction instruction) {
        Place first = new Place(instruction, 0);
        return switch (op) {
            case LLDT ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkProtected(cpu);
                        SystemSteps.supervisor(cpu);
                        SystemSegments.loadLocalTable(cpu, (int) first.read(cpu), GuestFault.GP);
                    }
                };
            case LTR ->
                new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkProtected(cpu);
                        SystemSteps.supervisor(cpu);
                        SystemSegments.loadTask(cpu, (int) first.read(cpu));
                    }
                };
            case VERR, VERW -> {
                boolean write = op == SystemOp.VERW;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkProtected(cpu);
                        SystemSegments.verify(cpu, (int) first.read(cpu), write);
                    }
                };
            }
            case ARPL -> adjust(first, new Place(instruction, 1));
            default -> {
                Place second = new Place(instruction, 1);
                boolean rights = op == SystemOp.LAR;
                yield new Step() {
                    @Override
                    public void run(Cpu cpu) {
                        checkProtected(cpu);
                        int selector = (int) second.read(cpu) & 0xFFFF;
                        long answer = rights
                                ? SystemSegments.accessRights(cpu, selector)
                                : SystemSegments.limit(cpu, selector);
                        if (answer >= 0) {
                            first.write(cpu, answer);
                        }
                    }
                };
            }
        };
    }

    private static Step adjust(Place target, Place source) {
        return new Step() {
            @Override
            public void run(Cpu cpu) {
                checkProtected(cpu);
                int selector = (int) target.read(cpu);
                int wanted = (int) source.read(cpu) & 3;
                boolean raise = (selector & 3) < wanted;
                if (raise) {
                    target.write(cpu, selector & ~3 | wanted);
                }
                cpu.statusFlags(cpu.statusFlags() & ~Flags.ZF | (raise ? Flags.ZF : 0));
            }
        };
    }
}

package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.X87Op;
import cloison.cpu.fp.Extended;
import cloison.cpu.fp.Extended.Operation;
import cloison.cpu.state.Flags;

/// Makes the steps of x87 instructions that compute or compare.
final class X87Arithmetic {
    private X87Arithmetic() {}

    static Step of(X87Op op, Instruction i) {
        return switch (op) {
            case FADD, FIADD, FADDP -> arithmetic(Operation.ADD, op, i);
            case FMUL, FIMUL, FMULP -> arithmetic(Operation.MULTIPLY, op, i);
            case FSUB, FISUB, FSUBP -> arithmetic(Operation.SUBTRACT, op, i);
            case FSUBR, FISUBR, FSUBRP -> arithmetic(Operation.SUBTRACT_REVERSED, op, i);
            case FDIV, FIDIV, FDIVP -> arithmetic(Operation.DIVIDE, op, i);
            case FDIVR, FIDIVR, FDIVRP -> arithmetic(Operation.DIVIDE_REVERSED, op, i);
            case FCOM, FICOM -> compare(op, i, 0, false);
            case FCOMP, FICOMP -> compare(op, i, 1, false);
            case FCOMPP -> compare(op, i, 2, false);
            case FUCOM -> compare(op, i, 0, true);
            case FUCOMP -> compare(op, i, 1, true);
            case FUCOMPP -> compare(op, i, 2, true);
            case FCOMI -> compareToFlags(i, false, false);
            case FCOMIP -> compareToFlags(i, true, false);
            case FUCOMI -> compareToFlags(i, false, true);
            case FUCOMIP -> compareToFlags(i, true, true);
            case FTST -> test(i);
            case FXAM -> examine(i);
            case FCHS, FABS -> sign(op, i);
            case FSQRT, FRNDINT, F2XM1, FSIN, FCOS -> unary(op, i);
            case FSCALE, FPREM, FPREM1 -> binary(op, i);
            case FYL2X, FYL2XP1, FPATAN -> popping(op, i);
            case FXTRACT, FPTAN, FSINCOS -> pushing(op, i);
            case FINCSTP, FDECSTP -> rotate(op, i);
            case FFREE, FFREEP -> free(op, i);
            default -> throw new IllegalStateException("not arithmetic: " + op);
        };
    }

    private static boolean integer(X87Op op) {
        return switch (op) {
            case FIADD, FIMUL, FISUB, FISUBR, FIDIV, FIDIVR, FICOM, FICOMP -> true;
            default -> false;
        };
    }

    private static boolean pops(X87Op op) {
        return switch (op) {
            case FADDP, FMULP, FSUBP, FSUBRP, FDIVP, FDIVRP -> true;
            default -> false;
        };
    }

    /// Gives the unit `size` bytes of memory as its second operand.
    private static void fetch(Cpu cpu, Address address, int size, boolean integer) {
        long value = cpu.mmu.read(address.read(cpu, size), size);
        if (integer) {
            cpu.extended.secondInteger(X87Transfers.signed(value, size));
        } else if (size == 8) {
            cpu.extended.second64(value);
        } else {
            cpu.extended.second32((int) value);
        }
    }

    private static Step arithmetic(Operation operation, X87Op op, Instruction i) {
        if (i.operands.length == 1) {
            return arithmeticMemory(operation, op, i);
        }
        int to = i.operand(0).number();
        int from = i.operand(1).number();
        boolean pops = pops(op);
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                if (X87.empty(cpu, to) || X87.empty(cpu, from)) {
                    if (!X87.underflow(cpu, this)) {
                        return;
                    }
                    X87.writeIndefinite(cpu, to);
                } else {
                    unit.begin(cpu.x87Control);
                    X87.first(cpu, to);
                    X87.second(cpu, from);
                    unit.arithmetic(operation);
                    if (!X87.commit(cpu, this, unit.raised())) {
                        return;
                    }
                    X87.writeResult(cpu, to);
                }
                if (pops) {
                    X87.pop(cpu);
                }
            }
        };
    }

    private static Step arithmeticMemory(Operation operation, X87Op op, Instruction i) {
        int size = i.operand(0).size();
        boolean integer = integer(op);
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                fetch(cpu, memory(), size, integer);
                if (X87.empty(cpu, 0)) {
                    if (X87.underflow(cpu, this)) {
                        X87.writeIndefinite(cpu, 0);
                    }
                    return;
                }
                X87.first(cpu, 0);
                unit.arithmetic(operation);
                if (X87.commit(cpu, this, unit.raised())) {
                    X87.writeResult(cpu, 0);
                }
            }
        };
    }

    private static Step compare(X87Op op, Instruction i, int pops, boolean quiet) {
        boolean memory = i.operands.length > 0 && i.operand(0).kind() == Kind.MEMORY;
        int size = memory ? i.operand(0).size() : 0;
        int with = memory ? 0 : i.operands.length > 0 ? i.operand(0).number() : 1;
        boolean integer = integer(op);
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                if (memory) {
                    fetch(cpu, memory(), size, integer);
                }
                int raised = X87.STACK_FAULT | Extended.C0 | Extended.C2 | Extended.C3;
                if (!X87.empty(cpu, 0) && (memory || !X87.empty(cpu, with))) {
                    X87.first(cpu, 0);
                    if (!memory) {
                        X87.second(cpu, with);
                    }
                    unit.compare(quiet);
                    raised = unit.raised();
                }
                if (X87.commit(cpu, this, raised, X87.CONDITIONS)) {
                    for (int n = 0; n < pops; n++) {
                        X87.pop(cpu);
                    }
                }
            }
        };
    }

    /// Comparison to the status flags, which are written even where an unmasked exception keeps the stack; C1 is only
    /// for stack faults.
    private static Step compareToFlags(Instruction i, boolean pops, boolean quiet) {
        int with = i.operand(1).number();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                int raised = X87.STACK_FAULT | Extended.C0 | Extended.C2 | Extended.C3;
                int kept = 0;
                if (!X87.empty(cpu, 0) && !X87.empty(cpu, with)) {
                    X87.first(cpu, 0);
                    X87.second(cpu, with);
                    unit.compare(quiet);
                    raised = unit.raised();
                    kept = cpu.x87Status & X87.C1;
                }
                cpu.statusFlags(((raised & Extended.C0) != 0 ? Flags.CF : 0)
                        | ((raised & Extended.C2) != 0 ? Flags.PF : 0)
                        | ((raised & Extended.C3) != 0 ? Flags.ZF : 0));
                if (X87.commit(cpu, this, raised & ~X87.CONDITIONS | kept) && pops) {
                    X87.pop(cpu);
                }
            }
        };
    }

    private static Step test(Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                Extended unit = cpu.extended;
                int raised = X87.STACK_FAULT | Extended.C0 | Extended.C2 | Extended.C3;
                if (!X87.empty(cpu, 0)) {
                    unit.begin(cpu.x87Control);
                    X87.first(cpu, 0);
                    unit.secondInteger(0);
                    unit.compare(false);
                    raised = unit.raised();
                }
                X87.commit(cpu, this, raised, X87.CONDITIONS);
            }
        };
    }

    private static Step examine(Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                int r = cpu.x87Top;
                int sign = (cpu.x87Exponent[r] & 0x8000) != 0 ? Extended.C1 : 0;
                int found = X87.empty(cpu, 0)
                        ? sign | Extended.C3 | Extended.C0
                        : Extended.examine(cpu.x87Exponent[r], cpu.x87Significand[r]);
                X87.commit(cpu, this, found, X87.CONDITIONS);
            }
        };
    }

    private static Step sign(X87Op op, Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0)) {
                    if (X87.underflow(cpu, this)) {
                        X87.writeIndefinite(cpu, 0);
                    }
                    return;
                }
                X87.commit(cpu, this, 0);
                int r = cpu.x87Top;
                cpu.x87Exponent[r] = op == X87Op.FABS ? cpu.x87Exponent[r] & 0x7FFF : cpu.x87Exponent[r] ^ 0x8000;
            }
        };
    }

    /// ST0 becomes a function of itself.
    private static Step unary(X87Op op, Instruction i) {
        int conditions = op == X87Op.FSIN || op == X87Op.FCOS ? X87.C2 : 0;
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0)) {
                    if (X87.commit(cpu, this, X87.STACK_FAULT, conditions)) {
                        X87.writeIndefinite(cpu, 0);
                    }
                    return;
                }
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                X87.first(cpu, 0);
                switch (op) {
                    case FSQRT -> unit.squareRoot();
                    case FRNDINT -> unit.roundToIntegral();
                    case F2XM1 -> unit.powerMinusOne();
                    case FSIN -> unit.sine();
                    default -> unit.cosine();
                }
                int raised = unit.raised();
                if (X87.commit(cpu, this, raised, conditions) && (raised & X87.C2) == 0) {
                    X87.writeResult(cpu, 0);
                }
            }
        };
    }

    /// ST0 becomes a function of ST0 and ST1.
    private static Step binary(X87Op op, Instruction i) {
        int always = op == X87Op.FSCALE ? 0 : X87.C2;
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0) || X87.empty(cpu, 1)) {
                    if (X87.commit(cpu, this, X87.STACK_FAULT, always)) {
                        X87.writeIndefinite(cpu, 0);
                    }
                    return;
                }
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                X87.first(cpu, 0);
                X87.second(cpu, 1);
                int conditions = always;
                if (op == X87Op.FSCALE) {
                    unit.scale();
                } else if (unit.remainder(op == X87Op.FPREM1)) {
                    conditions = X87.CONDITIONS;
                }
                if (X87.commit(cpu, this, unit.raised(), conditions)) {
                    X87.writeResult(cpu, 0);
                }
            }
        };
    }

    /// ST1 becomes a function of ST1 and ST0, which is popped.
    private static Step popping(X87Op op, Instruction i) {
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0) || X87.empty(cpu, 1)) {
                    if (X87.underflow(cpu, this)) {
                        X87.writeIndefinite(cpu, 1);
                        X87.pop(cpu);
                    }
                    return;
                }
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                X87.first(cpu, 1);
                X87.second(cpu, 0);
                if (op == X87Op.FPATAN) {
                    unit.arcTangent();
                } else {
                    unit.logarithm(op == X87Op.FYL2XP1);
                }
                if (X87.commit(cpu, this, unit.raised())) {
                    X87.writeResult(cpu, 1);
                    X87.pop(cpu);
                }
            }
        };
    }

    /// ST0 is replaced and another register pushed.
    private static Step pushing(X87Op op, Instruction i) {
        int conditions = op == X87Op.FXTRACT ? 0 : X87.C2;
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                if (X87.empty(cpu, 0) || !X87.empty(cpu, -1)) {
                    int fault = X87.empty(cpu, 0) ? X87.STACK_FAULT : X87.STACK_FAULT | X87.C1;
                    if (X87.commit(cpu, this, fault, conditions)) {
                        X87.writeIndefinite(cpu, 0);
                        X87.push(cpu, Extended.INDEFINITE_EXPONENT, Extended.INDEFINITE_SIGNIFICAND);
                    }
                    return;
                }
                Extended unit = cpu.extended;
                unit.begin(cpu.x87Control);
                X87.first(cpu, 0);
                switch (op) {
                    case FXTRACT -> unit.extract();
                    case FPTAN -> unit.tangent();
                    default -> unit.sineAndCosine();
                }
                int raised = unit.raised();
                if (!X87.commit(cpu, this, raised, conditions) || (raised & X87.C2) != 0) {
                    return;
                }
                if (op == X87Op.FPTAN) {
                    X87.writeResult(cpu, 0);
                    boolean nan = (unit.exponent() & 0x7FFF) == 0x7FFF;
                    X87.push(cpu, nan ? unit.exponent() : 0x3FFF, nan ? unit.significand() : 0x8000_0000_0000_0000L);
                } else {
                    X87.write(cpu, 0, unit.secondExponent(), unit.secondSignificand());
                    X87.push(cpu, unit.exponent(), unit.significand());
                }
            }
        };
    }

    private static Step rotate(X87Op op, Instruction i) {
        int by = op == X87Op.FINCSTP ? 1 : -1;
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                X87.commit(cpu, this, 0);
                cpu.x87Top = cpu.x87Top + by & 7;
            }
        };
    }

    private static Step free(X87Op op, Instruction i) {
        int n = i.operand(0).number();
        return new X87Step(i) {
            @Override
            void execute(Cpu cpu) {
                X87.commit(cpu, this, 0);
                cpu.x87Valid &= ~(1 << X87.register(cpu, n));
                if (op == X87Op.FFREEP) {
                    X87.pop(cpu);
                }
            }
        };
    }
}

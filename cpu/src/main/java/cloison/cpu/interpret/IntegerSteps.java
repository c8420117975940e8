package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;

/// Makes the steps of the integer instructions: says which factory makes which.
final class IntegerSteps {
    private IntegerSteps() {}

    static Step of(IntegerOp op, Instruction i) {
        if (op.jump()) {
            return BranchSteps.conditional(op, i);
        }
        if (op.set()) {
            return MoveSteps.set(op, i);
        }
        if (op.move()) {
            return MoveSteps.conditional(op, i);
        }
        return switch (op) {
            case ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST -> AluSteps.of(op, i);
            case INC, DEC, NEG, NOT -> AluSteps.unary(op, i);
            case ROL, ROR, RCL, RCR, SHL, SHR, SAR -> ShiftSteps.of(op, i);
            case SHLD, SHRD -> ShiftSteps.twoRegisters(op, i);
            case IMUL -> i.operands.length == 1 ? ShiftSteps.accumulator(op, i) : ShiftSteps.multiply(i);
            case MUL, DIV, IDIV -> ShiftSteps.accumulator(op, i);
            case BT, BTS, BTR, BTC -> BitSteps.of(op, i);
            case BSF, BSR, TZCNT, LZCNT, POPCNT -> BitSteps.scan(op, i);
            case ANDN, BLSR, BLSMSK, BLSI, BEXTR, BZHI, SHLX, SARX, SHRX, RORX, PDEP, PEXT, MULX ->
                BitFieldSteps.of(op, i);
            case CRC32 -> BitSteps.checksum(i);
            case DAA, DAS, AAA, AAS, AAM, AAD -> BcdSteps.of(op, i);
            case MOV, MOVNTI -> MoveSteps.move(i);
            case MOVZX, MOVSX, MOVSXD -> MoveSteps.extend(op, i);
            case CBW -> MoveSteps.extendAccumulator(i);
            case CWD -> MoveSteps.spreadSign(i);
            case LEA -> MoveSteps.loadAddress(i);
            case BSWAP -> MoveSteps.swapBytes(i);
            case MOVBE -> MoveSteps.swapMemory(i);
            case XLAT -> MoveSteps.translate(i);
            case XCHG -> ExchangeSteps.exchange(i);
            case XADD -> ExchangeSteps.exchangeAdd(i);
            case CMPXCHG -> ExchangeSteps.compareExchange(i);
            case CMPXCHG8B, CMPXCHG16B -> ExchangeSteps.compareExchangePair(op, i);
            case PUSH -> StackSteps.push(i);
            case POP -> StackSteps.pop(i);
            case PUSHA -> StackSteps.pushAll(i);
            case POPA -> StackSteps.popAll(i);
            case PUSHF -> StackSteps.pushFlags(i);
            case POPF -> StackSteps.popFlags(i);
            case ENTER -> StackSteps.enter(i);
            case LEAVE -> StackSteps.leave(i);
            case MOVS, CMPS, STOS, LODS, SCAS -> StringSteps.of(op, i);
            case JMP -> BranchSteps.jump(i);
            case LOOP, LOOPE, LOOPNE, JRCXZ -> BranchSteps.counted(op, i);
            case CALL -> BranchSteps.call(i);
            case RET -> BranchSteps.back(i);
            case BOUND -> BranchSteps.bound(i);
            default -> MiscSteps.of(op, i);
        };
    }
}

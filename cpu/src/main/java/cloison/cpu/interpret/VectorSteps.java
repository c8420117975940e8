package cloison.cpu.interpret;

import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Operand.Kind;
import cloison.cpu.decode.VectorOp;

/// Makes the steps of MMX and SSE instructions.
final class VectorSteps {
    private VectorSteps() {}

    static Step of(VectorOp op, Instruction i) {
        return switch (op) {
            case MOVUPS,
                    MOVUPD,
                    MOVAPS,
                    MOVAPD,
                    MOVDQA,
                    MOVDQU,
                    LDDQU,
                    MOVNTPS,
                    MOVNTPD,
                    MOVNTDQ,
                    MOVNTDQA,
                    MOVSS,
                    MOVSD,
                    MOVLPS,
                    MOVLPD,
                    MOVHPS,
                    MOVHPD,
                    MOVHLPS,
                    MOVLHPS,
                    MOVDDUP,
                    MOVSLDUP,
                    MOVSHDUP,
                    MOVMSKPS,
                    MOVMSKPD,
                    MASKMOVDQU -> VectorMoves.of(op, i);
            case MOVD, MOVQ, PMOVMSKB -> mmx(i) ? MmxSteps.of(op, i) : VectorMoves.of(op, i);
            case MOVNTQ, MOVQ2DQ, MOVDQ2Q, MASKMOVQ, EMMS, PSHUFW -> MmxSteps.of(op, i);
            case AESENC,
                    AESENCLAST,
                    AESDEC,
                    AESDECLAST,
                    AESIMC,
                    AESKEYGENASSIST,
                    PCLMULQDQ,
                    SHA1NEXTE,
                    SHA1MSG1,
                    SHA1MSG2,
                    SHA1RNDS4,
                    SHA256RNDS2,
                    SHA256MSG1,
                    SHA256MSG2 -> CryptoSteps.of(op, i);
            case PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM -> StringCompare.of(op, i);
            case LDMXCSR,
                    STMXCSR,
                    FXSAVE,
                    FXSAVE64,
                    FXRSTOR,
                    FXRSTOR64,
                    XSAVE,
                    XSAVE64,
                    XSAVEOPT,
                    XSAVEOPT64,
                    XSAVEC,
                    XSAVEC64,
                    XRSTOR,
                    XRSTOR64 -> StateSteps.of(op, i);
            case ADDPS,
                    ADDPD,
                    ADDSS,
                    ADDSD,
                    SUBPS,
                    SUBPD,
                    SUBSS,
                    SUBSD,
                    MULPS,
                    MULPD,
                    MULSS,
                    MULSD,
                    DIVPS,
                    DIVPD,
                    DIVSS,
                    DIVSD,
                    MINPS,
                    MINPD,
                    MINSS,
                    MINSD,
                    MAXPS,
                    MAXPD,
                    MAXSS,
                    MAXSD,
                    SQRTPS,
                    SQRTPD,
                    SQRTSS,
                    SQRTSD,
                    RSQRTPS,
                    RSQRTSS,
                    RCPPS,
                    RCPSS,
                    CMPPS,
                    CMPPD,
                    CMPSS,
                    CMPSD,
                    UCOMISS,
                    UCOMISD,
                    COMISS,
                    COMISD,
                    ADDSUBPD,
                    ADDSUBPS,
                    HADDPD,
                    HADDPS,
                    HSUBPD,
                    HSUBPS,
                    ROUNDPS,
                    ROUNDPD,
                    ROUNDSS,
                    ROUNDSD,
                    DPPS,
                    DPPD -> FloatSteps.of(op, i);
            case CVTPI2PS,
                    CVTPI2PD,
                    CVTSI2SS,
                    CVTSI2SD,
                    CVTTPS2PI,
                    CVTTPD2PI,
                    CVTTSS2SI,
                    CVTTSD2SI,
                    CVTPS2PI,
                    CVTPD2PI,
                    CVTSS2SI,
                    CVTSD2SI,
                    CVTPS2PD,
                    CVTPD2PS,
                    CVTSS2SD,
                    CVTSD2SS,
                    CVTDQ2PS,
                    CVTPS2DQ,
                    CVTTPS2DQ,
                    CVTDQ2PD,
                    CVTTPD2DQ,
                    CVTPD2DQ -> FloatConversions.of(op, i);
            default -> mmx(i) ? MmxSteps.of(op, i) : PackedSteps.of(op, i);
        };
    }

    private static boolean mmx(Instruction i) {
        for (Operand operand : i.operands) {
            if (operand.kind() == Kind.MMX) {
                return true;
            }
        }
        return false;
    }
}

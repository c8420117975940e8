package cloison.cpu.decode;

import cloison.machine.processor.CpuFeature;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// One row of the opcode table: an encoding and what it means. The grammar is in `package-info`.
///
/// @param encoding the encoding column
/// @param form the encoding column, taken apart
/// @param op what it does
/// @param operands the operand codes, SDM volume 2 appendix A.2
/// @param registerCodes the operand codes, taken apart, where ModRM.rm is a register or there is none
/// @param memoryCodes the operand codes, taken apart, where ModRM.rm is memory
/// @param attributes the attribute words as they stand, without the flag lists
/// @param flagsRead status flags (bits of RFLAGS) that it reads
/// @param flagsWritten status flags that it writes or leaves undefined
/// @param flagsUndefined status flags that it leaves undefined
/// @param ends whether it must be the last of its block: it changes flow, privilege, mode, mapping or interrupt state,
///     or needs RIP
/// @param lockable whether it may be locked when its destination is memory
/// @param size which rule gives the operand size in 64-bit mode
/// @param modes in which modes it exists
public record Row(
        String encoding,
        Form form,
        Op op,
        String operands,
        List<OperandCode> registerCodes,
        List<OperandCode> memoryCodes,
        Set<String> attributes,
        int flagsRead,
        int flagsWritten,
        int flagsUndefined,
        boolean ends,
        boolean lockable,
        Size size,
        Modes modes) {

    /// What attributes that name a feature begin with.
    static final String FEATURE = "cpuid=";

    /// How the operand size comes about in 64-bit mode.
    public enum Size {
        /// 4; 2 with 66; 8 with REX.W.
        ORDINARY,
        /// 8; 2 with 66 (`d64`).
        DEFAULT_64,
        /// 8 (`f64`).
        FORCED_64
    }

    /// The modes in which a row exists.
    public enum Modes {
        ALL,
        /// `i64`.
        NOT_64,
        /// `o64`.
        ONLY_64
    }

    /// {@return whether the attribute `word` is there}
    public boolean is(String word) {
        return attributes.contains(word);
    }

    /// {@return what a processor must have for it: its attributes `cpuid=`}
    public Set<CpuFeature> features() {
        Set<CpuFeature> features = EnumSet.noneOf(CpuFeature.class);
        for (String attribute : attributes) {
            if (attribute.startsWith(FEATURE)) {
                features.add(CpuFeature.called(attribute.substring(FEATURE.length())));
            }
        }
        return features;
    }

    /// {@return whether its memory operand is indexed by the lanes of a vector register}
    public boolean gathers() {
        for (OperandCode code : memoryCodes) {
            if (code.source() == OperandCode.Source.RM_GATHERED) {
                return true;
            }
        }
        return false;
    }

    boolean existsIn(boolean mode64) {
        return modes == Modes.ALL || modes == Modes.ONLY_64 == mode64;
    }

    @Override
    public String toString() {
        return encoding + " " + op.name() + " " + operands;
    }
}

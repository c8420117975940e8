package cloison.cpu.decode;

import java.util.Set;

/// One row of the opcode table: an encoding and what it means. The grammar is in `package-info`.
///
/// @param encoding the encoding column
/// @param op what it does
/// @param operands the operand codes, SDM volume 2 appendix A.2
/// @param attributes the attribute words as they stand, without the flag lists
/// @param flagsRead status flags (bits of RFLAGS) that it reads
/// @param flagsWritten status flags that it writes or leaves undefined
/// @param flagsUndefined status flags that it leaves undefined
/// @param ends whether it must be the last of its block: it changes flow, privilege, mode, mapping or interrupt state,
/// or
///     needs RIP
public record Row(
        String encoding,
        Op op,
        String operands,
        Set<String> attributes,
        int flagsRead,
        int flagsWritten,
        int flagsUndefined,
        boolean ends) {}

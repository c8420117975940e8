/// The translating engine: guest instructions become host instructions, block by block, and run at the host's speed.
///
/// The guest's and the host's instruction set are the same, so most instructions are emitted again with their registers
/// renamed. What changes is memory: every access first asks a table of translations that lies beside the registers
/// ([StateBlock]); if the answer is not there, or an instruction may not run natively, the emitted code returns to Java
/// ([Translator]), which fills the table or interprets that one instruction with the interpreter's own steps.
///
/// ```text
///  host register   holds
///  rax..rdx rbp    the guest's, by the same name; so rsi, rdi, r8..r12, and all XMM registers
///  r13             the guest's RSP
///  rsp             the address of the StateBlock, where the guest's R13..R15 are
///  r14, r15        nothing between two guest instructions
///  flags           the guest's status flags; DF is clear
/// ```
package cloison.cpu.translate;

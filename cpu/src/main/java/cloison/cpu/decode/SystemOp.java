package cloison.cpu.decode;

/// Instructions that see privilege, segments, modes, ports or translation.
public enum SystemOp implements Op {
    // segment registers; MOV also to and from control and debug registers
    MOV,
    PUSH,
    POP,
    LES,
    LDS,
    LSS,
    LFS,
    LGS,

    // far transfers, interrupts, returns
    CALLF,
    JMPF,
    RETF,
    INT3,
    INT,
    INTO,
    INT1,
    IRET,

    // descriptor tables and tests
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
    ARPL,

    // control state
    SMSW,
    LMSW,
    CLTS,
    XGETBV,
    XSETBV,
    CLAC,
    STAC,
    INVLPG,
    INVD,
    WBINVD,

    // model-specific registers, identification, time
    RDMSR,
    WRMSR,
    RDTSC,
    RDTSCP,
    RDPMC,
    CPUID,

    // quick calls
    SYSCALL,
    SYSRET,
    SYSENTER,
    SYSEXIT,
    SWAPGS,
    VMCALL,
    VMMCALL,

    // interrupts
    HLT,
    CLI,
    STI,

    // ports
    IN,
    OUT,
    INS,
    OUTS
}

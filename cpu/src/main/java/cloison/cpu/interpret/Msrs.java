package cloison.cpu.interpret;

import cloison.cpu.state.Attention;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;

/// The model-specific registers that the engine itself has; all others are the intercepts'.
///
/// SDM volume 4. Memory types (MTRRs, PAT) are kept but have no effect: all memory is write-back. Prediction controls
/// are kept but have no effect either: nothing is executed speculatively.
///
/// **Owner:** the thread that runs the processor.
final class Msrs {
    private static final int TSC = 0x10;
    private static final int PLATFORM_ID = 0x17;
    private static final int SPEC_CTRL = 0x48;
    private static final int PRED_CMD = 0x49;
    private static final int BIOS_SIGN_ID = 0x8B;
    private static final int PLATFORM_INFO = 0xCE;
    private static final int MTRR_CAP = 0xFE;
    private static final int ARCH_CAPABILITIES = 0x10A;
    private static final int SYSENTER_CS = 0x174;
    private static final int SYSENTER_ESP = 0x175;
    private static final int SYSENTER_EIP = 0x176;
    private static final int MCG_CAP = 0x179;
    private static final int MCG_STATUS = 0x17A;
    private static final int MISC_ENABLE = 0x1A0;
    private static final int DEBUG_CTL = 0x1D9;
    private static final int MTRR_BASE_0 = 0x200;
    private static final int MTRR_LAST = 0x20F;
    private static final int MTRR_FIX_64K = 0x250;
    private static final int MTRR_FIX_16K_0 = 0x258;
    private static final int MTRR_FIX_16K_1 = 0x259;
    private static final int MTRR_FIX_4K_0 = 0x268;
    private static final int MTRR_FIX_4K_LAST = 0x26F;
    private static final int PAT = 0x277;
    private static final int MTRR_DEFAULT = 0x2FF;
    private static final int EFER = 0xC000_0080;
    private static final int STAR = 0xC000_0081;
    private static final int LSTAR = 0xC000_0082;
    private static final int CSTAR = 0xC000_0083;
    private static final int FMASK = 0xC000_0084;
    private static final int FS_BASE = 0xC000_0100;
    private static final int GS_BASE = 0xC000_0101;
    private static final int KERNEL_GS_BASE = 0xC000_0102;
    private static final int TSC_AUX = 0xC000_0103;

    /// Eight variable ranges, fixed ranges, write combining.
    private static final long MTRR_CAPABILITIES = 8 | 1 << 8 | 1 << 10;

    /// RDCL_NO, IBRS_ALL, SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO,
    /// BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO: no instruction is executed before it is due.
    private static final long CAPABILITIES = 1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 13 | 1 << 14
            | 1 << 15 | 1 << 20 | 1 << 24 | 1 << 26 | 1 << 27 | 1L << 62;

    /// Fast strings; branch trace and precise sampling are unavailable.
    private static final long MISC_ENABLED = 1 | 1 << 11 | 1 << 12;

    /// SPEC_CTRL: IBRS, STIBP, SSBD, BHI_DIS_S.
    private static final long SPECULATION = 7 | 1 << 10;

    private static final long EFER_WRITABLE = Control.EFER_SCE | Control.EFER_LME | Control.EFER_NXE;

    /// DEBUGCTL: single steps trap at taken branches only.
    static final long BRANCH_STEPS = 2;

    private final Cpu cpu;
    private final long[] variableRanges = new long[16];
    private final long[] fixedRanges = new long[11];
    private long defaultType = 0xC06;
    private long miscEnable = MISC_ENABLED;
    private long specControl;
    long debugControl;

    Msrs(Cpu cpu) {
        this.cpu = cpu;
    }

    long read(int index) {
        return switch (index) {
            case TSC -> timeStamp();
            case PLATFORM_ID, PLATFORM_INFO, MCG_CAP, MCG_STATUS -> 0;
            case SPEC_CTRL -> specControl;
            case BIOS_SIGN_ID -> 1L << 32;
            case MTRR_CAP -> MTRR_CAPABILITIES;
            case ARCH_CAPABILITIES -> CAPABILITIES;
            case SYSENTER_CS -> cpu.sysenterCs;
            case SYSENTER_ESP -> cpu.sysenterEsp;
            case SYSENTER_EIP -> cpu.sysenterEip;
            case MISC_ENABLE -> miscEnable;
            case DEBUG_CTL -> debugControl;
            case MTRR_FIX_64K, MTRR_FIX_16K_0, MTRR_FIX_16K_1 -> fixedRanges[fixed(index)];
            case PAT -> cpu.pat;
            case MTRR_DEFAULT -> defaultType;
            case EFER -> cpu.efer;
            case STAR -> cpu.star;
            case LSTAR -> cpu.lstar;
            case CSTAR -> cpu.cstar;
            case FMASK -> cpu.fmask;
            case FS_BASE -> cpu.segmentBase[ProcessorState.FS];
            case GS_BASE -> cpu.segmentBase[ProcessorState.GS];
            case KERNEL_GS_BASE -> cpu.kernelGsBase;
            case TSC_AUX -> cpu.tscAux;
            default -> readOther(index);
        };
    }

    private long readOther(int index) {
        if (index >= MTRR_BASE_0 && index <= MTRR_LAST) {
            return variableRanges[index - MTRR_BASE_0];
        }
        if (index >= MTRR_FIX_4K_0 && index <= MTRR_FIX_4K_LAST) {
            return fixedRanges[fixed(index)];
        }
        if (!cpu.intercepts.canReadMsr(index)) {
            throw GuestFault.protection();
        }
        return cpu.intercepts.readMsr(index);
    }

    private static int fixed(int index) {
        return index == MTRR_FIX_64K
                ? 0
                : index < MTRR_FIX_4K_0 ? index - MTRR_FIX_16K_0 + 1 : index - MTRR_FIX_4K_0 + 3;
    }

    void write(int index, long value) {
        switch (index) {
            case TSC -> cpu.timeOffset = value - cpu.intercepts.timeStamp();
            case SPEC_CTRL -> specControl = permitted(value, SPECULATION);
            case PRED_CMD -> permitted(value, 1);
            case BIOS_SIGN_ID, MCG_STATUS -> {}
            case SYSENTER_CS -> cpu.sysenterCs = value & 0xFFFF_FFFFL;
            case SYSENTER_ESP -> cpu.sysenterEsp = canonical(value);
            case SYSENTER_EIP -> cpu.sysenterEip = canonical(value);
            case MISC_ENABLE -> miscEnable = value;
            case DEBUG_CTL -> debugControl = permitted(value, 3);
            case MTRR_FIX_64K, MTRR_FIX_16K_0, MTRR_FIX_16K_1 -> fixedRanges[fixed(index)] = types(value);
            case PAT -> cpu.pat = types(value);
            case MTRR_DEFAULT -> defaultType = permitted(value, 0xCFF);
            case EFER -> writeEfer(value);
            case STAR -> cpu.star = value;
            case LSTAR -> cpu.lstar = canonical(value);
            case CSTAR -> cpu.cstar = canonical(value);
            case FMASK -> cpu.fmask = value & 0xFFFF_FFFFL;
            case FS_BASE -> cpu.segmentBase[ProcessorState.FS] = canonical(value);
            case GS_BASE -> cpu.segmentBase[ProcessorState.GS] = canonical(value);
            case KERNEL_GS_BASE -> cpu.kernelGsBase = canonical(value);
            case TSC_AUX -> cpu.tscAux = permitted(value, 0xFFFF_FFFFL);
            case PLATFORM_ID, PLATFORM_INFO, MTRR_CAP, ARCH_CAPABILITIES, MCG_CAP -> throw GuestFault.protection();
            default -> writeOther(index, value);
        }
    }

    private void writeOther(int index, long value) {
        if (index >= MTRR_BASE_0 && index <= MTRR_LAST) {
            variableRanges[index - MTRR_BASE_0] = permitted(value, (1L << 46) - 1);
        } else if (index >= MTRR_FIX_4K_0 && index <= MTRR_FIX_4K_LAST) {
            fixedRanges[fixed(index)] = types(value);
        } else {
            // whatever it does may let an interrupt through
            cpu.attention.raise(Attention.LOOK);
            if (!cpu.intercepts.writeMsr(index, value)) {
                throw GuestFault.protection();
            }
        }
    }

    private static long permitted(long value, long mask) {
        if ((value & ~mask) != 0) {
            throw GuestFault.protection();
        }
        return value;
    }

    private static long canonical(long value) {
        if (!Canonical.is(value)) {
            throw GuestFault.protection();
        }
        return value;
    }

    /// {@return eight memory types, each of which must exist}
    private static long types(long value) {
        for (int i = 0; i < 64; i += 8) {
            int type = (int) (value >>> i) & 0xFF;
            if (type > 7 || type == 2 || type == 3) {
                throw GuestFault.protection();
            }
        }
        return value;
    }

    private void writeEfer(long value) {
        long wanted = value & ~Control.EFER_LMA;
        boolean paging = (cpu.cr0 & Control.CR0_PG) != 0;
        if ((wanted & ~EFER_WRITABLE) != 0 || paging && ((wanted ^ cpu.efer) & Control.EFER_LME) != 0) {
            throw GuestFault.protection();
        }
        long changed = (wanted ^ cpu.efer) & EFER_WRITABLE;
        cpu.efer = wanted | cpu.efer & Control.EFER_LMA;
        if ((changed & Control.EFER_NXE) != 0) {
            cpu.forgetAll();
        }
        cpu.contextChanged();
    }

    /// {@return the time-stamp counter as this processor reads it}
    long timeStamp() {
        return cpu.timeStamp();
    }
}

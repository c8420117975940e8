package cloison.cpu.state;

import static cloison.machine.processor.ProcessorState.CS;

/// Breakpoints and traps through DR0 to DR7.
///
/// SDM volume 3, 18.2. What an instruction hits is gathered in [CpuState#debugCause] and reported after it.
public final class Breakpoints {
    /// DR6: single step.
    public static final long SINGLE_STEP = 1 << 14;

    /// DR6: access to a debug register while DR7.GD is set.
    public static final long GENERAL_DETECT = 1 << 13;

    /// DR6: a switch to a task with the trap bit set.
    public static final long TASK_SWITCH = 1 << 15;

    /// DR7: GD.
    public static final long GENERAL_DETECT_ENABLE = 1 << 13;

    /// Bits of DR6 and DR7 that are always set.
    public static final long FIXED_6 = 0xFFFF_0FF0L;

    public static final long FIXED_7 = 0x400;

    // kinds of access
    public static final int WRITE = 1;
    public static final int PORT = 2;
    public static final int READ = 3;

    private Breakpoints() {}

    /// {@return whether any breakpoint is enabled}
    public static boolean armed(CpuState cpu) {
        return (cpu.dr[7] & 0xFF) != 0;
    }

    /// {@return whether any enabled breakpoint watches data}
    public static boolean watching(CpuState cpu) {
        long control = cpu.dr[7];
        for (int i = 0; armed(cpu) && i < 4; i++) {
            if (enabled(control, i) && (control >>> 16 + 4 * i & 1) != 0) {
                return true;
            }
        }
        return false;
    }

    private static boolean enabled(long control, int i) {
        return (control >>> 2 * i & 3) != 0;
    }

    /// {@return the DR6 bits of the enabled execution breakpoints at the instruction to execute}
    public static long execution(CpuState cpu) {
        long linear = cpu.longMode ? cpu.rip : cpu.segmentBase[CS] + cpu.rip & 0xFFFF_FFFFL;
        long control = cpu.dr[7];
        long cause = 0;
        for (int i = 0; i < 4; i++) {
            if (enabled(control, i) && (control >>> 16 + 4 * i & 15) == 0 && cpu.dr[i] == linear) {
                cause |= 1L << i;
            }
        }
        return cause;
    }

    /// Notes an access that an enabled breakpoint may watch.
    ///
    /// @param kind [#WRITE], [#PORT] or [#READ]
    public static void access(CpuState cpu, int kind, long address, int size) {
        long control = cpu.dr[7];
        for (int i = 0; i < 4; i++) {
            int condition = (int) (control >>> 16 + 4 * i) & 3;
            boolean watched = kind == PORT
                    ? condition == 2 && (cpu.cr4 & Control.CR4_DE) != 0
                    : kind == WRITE ? (condition & 1) != 0 : condition == 3;
            int code = (int) (control >>> 18 + 4 * i) & 3;
            int length = code == 2 ? 8 : code + 1;
            long first = cpu.dr[i] & -length;
            if (enabled(control, i) && watched && address < first + length && first < address + size) {
                cpu.debugCause |= 1L << i;
            }
        }
    }
}

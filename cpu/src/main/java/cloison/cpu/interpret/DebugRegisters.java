package cloison.cpu.interpret;

import static cloison.machine.processor.ProcessorState.CS;

/// Breakpoints and traces through DR0 to DR7.
///
/// SDM volume 3, 18.2. Data breakpoints are found by comparing the addresses of an instruction's operands after it has
/// executed, so only while a breakpoint is armed, when instructions run one at a time.
final class DebugRegisters {
    /// DR6: single step.
    static final long SINGLE_STEP = 1 << 14;

    /// DR6: access to a debug register while DR7.GD is set.
    static final long GENERAL_DETECT = 1 << 13;

    /// DR6: a task switch to a task with the trap bit set.
    static final long TASK_SWITCH = 1 << 15;

    static final long GENERAL_DETECT_ENABLE = 1 << 13;
    static final long FIXED_6 = 0xFFFF_0FF0L;
    static final long FIXED_7 = 0x400;

    private DebugRegisters() {}

    /// {@return whether any breakpoint is enabled}
    static boolean armed(Cpu cpu) {
        return (cpu.dr[7] & 0xFF) != 0;
    }

    private static boolean enabled(long control, int i) {
        return (control >>> 2 * i & 3) != 0;
    }

    /// {@return the DR6 bits of the enabled execution breakpoints at the instruction to execute}
    static long execution(Cpu cpu) {
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
    /// @param kind 1 a data write, 2 an I/O port, 3 a data read
    static void access(Cpu cpu, int kind, long address, int size) {
        long control = cpu.dr[7];
        for (int i = 0; i < 4; i++) {
            int condition = (int) (control >>> 16 + 4 * i) & 3;
            boolean watched = kind == 2 ? condition == 2 : kind == 1 ? (condition & 1) != 0 : condition == 3;
            int code = (int) (control >>> 18 + 4 * i) & 3;
            int length = code == 2 ? 8 : code + 1;
            long first = cpu.dr[i] & -length;
            if (enabled(control, i) && watched && address < first + length && first < address + size) {
                cpu.debugCause |= 1L << i;
            }
        }
    }
}

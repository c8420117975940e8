package cloison.cpu.differential;

import cloison.cpu.state.Flags;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/// Compares what the host's processor and the interpreter made of the same start.
final class Comparison {
    static final String[] GPR = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };
    static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};

    /// Operations whose result the manual gives only approximately: at most 1.5 * 2^-12 relative.
    static final Set<String> APPROXIMATE =
            Set.of("RCPPS", "RCPSS", "RSQRTPS", "RSQRTSS", "VRCPPS", "VRCPSS", "VRSQRTPS", "VRSQRTSS");

    /// x87 operations whose result may differ in the last place.
    static final Set<String> TRANSCENDENTAL =
            Set.of("F2XM1", "FYL2X", "FYL2XP1", "FPTAN", "FPATAN", "FSIN", "FCOS", "FSINCOS");

    /// Operations that touch several pieces of memory in an order that the manual leaves open: of two that fault, which
    /// is told does not count.
    static final Set<String> SCATTERED = Set.of(
            "FNSTENV",
            "FLDENV",
            "FNSAVE",
            "FRSTOR",
            "FXSAVE",
            "FXSAVE64",
            "FXRSTOR",
            "FXRSTOR64",
            "XSAVE",
            "XSAVE64",
            "XSAVEOPT",
            "XSAVEOPT64",
            "XSAVEC",
            "XSAVEC64",
            "XRSTOR",
            "XRSTOR64",
            "MASKMOVDQU",
            "MASKMOVQ",
            "VMASKMOVDQU",
            "RETF",
            "IRET",
            "CALLF");

    /// Operations that may have stored the first pieces when a later one faults.
    private static final Set<String> PIECEMEAL = Set.of(
            "PUSHA",
            "FSTP",
            "FBSTP",
            "FNSTENV",
            "FNSAVE",
            "FXSAVE",
            "FXSAVE64",
            "XSAVE",
            "XSAVE64",
            "XSAVEOPT",
            "XSAVEOPT64",
            "XSAVEC",
            "XSAVEC64");

    private final List<String> found = new ArrayList<>();
    private final MachineState host;
    private final MachineState ours;

    private Comparison(MachineState host, MachineState ours) {
        this.host = host;
        this.ours = ours;
    }

    /// {@return the differences, in words; empty if there are none}
    ///
    /// @param undefined status flags that do not count
    /// @param op name of the operation, for the tolerances above, or an empty string
    /// @param mmx whether there is an MMX register among the operands
    static List<String> of(
            int mode,
            int undefined,
            String op,
            boolean mmx,
            MachineState host,
            MachineState ours,
            byte[] hostData,
            byte[] ourData) {
        Comparison comparison = new Comparison(host, ours);
        comparison.registers(mode, undefined, op);
        // an MMX instruction whose memory faults may have left x87 mode already
        comparison.floating(op, mmx && host.vector != 3 && ours.vector == host.vector);
        int at = Place.mismatch(hostData, ourData);
        boolean partly = host.vector == 14 && ours.vector == 14 && PIECEMEAL.contains(op);
        if (at >= 0 && !partly) {
            int end = Math.min(at + 16, hostData.length);
            comparison.found.add("memory at data+0x%x: %s, ours %s"
                    .formatted(
                            at,
                            HexFormat.of().formatHex(hostData, at, end),
                            HexFormat.of().formatHex(ourData, at, end)));
        }
        return comparison.found;
    }

    private void check(String what, long a, long b) {
        if (a != b) {
            found.add("%s: 0x%x, ours 0x%x".formatted(what, a, b));
        }
    }

    private void registers(int mode, int undefined, String op) {
        check("vector", host.vector, ours.vector);
        if (host.vector == ours.vector && host.vector >= 0) {
            check("error code", host.error, ours.error);
            if (!SCATTERED.contains(op)) {
                check("fault address", host.address, ours.address);
            }
        }
        check("rip", host.rip, ours.rip);
        // Linux gives RF back as it was pushed; IF, IOPL and the like are the kernel's
        long mask = ~(long) (undefined | Flags.RF);
        check("rflags", host.rflags & mask, ours.rflags & mask);
        boolean wide = mode == 64 && host.selectors[1] == 0x33;
        for (int i = 0; i < (wide ? 16 : 8); i++) {
            // pointers of a repetition that could not begin may have been cut to 32 bits
            boolean cut = host.vector != 3 && (op.equals("MOVS") || op.equals("CMPS")) && (i == 6 || i == 7);
            long used = wide && !cut ? -1 : 0xFFFF_FFFFL;
            check(GPR[i], host.gpr[i] & used, ours.gpr[i] & used);
        }
        for (int i = 0; i < 6; i++) {
            // the kernel's way back to a program clears the RPL of null selectors
            check(SEGMENTS[i], visible(host.selectors[i]), visible(ours.selectors[i]));
        }
        if (mode == 64) {
            check("fs base", host.fsBase, ours.fsBase);
            check("gs base", host.gsBase, ours.gsBase);
        }
    }

    private static int visible(int selector) {
        return selector < 4 ? 0 : selector;
    }

    private long fx(MachineState state, int at, int size) {
        return Values.get(state.fx, at, size);
    }

    private void floating(String op, boolean onlyVectors) {
        boolean transcendental = TRANSCENDENTAL.contains(op);
        vectors(op);
        if (onlyVectors
                || Arrays.equals(host.fx, 0, MachineState.FOP, ours.fx, 0, MachineState.FOP)
                        && Arrays.equals(
                                host.fx,
                                MachineState.ST,
                                MachineState.XMM,
                                ours.fx,
                                MachineState.ST,
                                MachineState.XMM)) {
            return;
        }
        check("fcw", fx(host, MachineState.FCW, 2), fx(ours, MachineState.FCW, 2));
        long c1 = transcendental ? ~0x200L : -1;
        check("fsw", fx(host, MachineState.FSW, 2) & c1, fx(ours, MachineState.FSW, 2) & c1);
        check("ftw", fx(host, MachineState.FTW, 1), fx(ours, MachineState.FTW, 1));
        for (int i = 0; i < 8; i++) {
            int at = MachineState.ST + 16 * i;
            if (!Arrays.equals(host.fx, at, at + 10, ours.fx, at, at + 10) && !(transcendental && near(at))) {
                found.add("st%d: %04x.%016x, ours %04x.%016x"
                        .formatted(i, fx(host, at + 8, 2), fx(host, at, 8), fx(ours, at + 8, 2), fx(ours, at, 8)));
            }
        }
    }

    private void vectors(String op) {
        check("mxcsr", fx(host, MachineState.MXCSR, 4), fx(ours, MachineState.MXCSR, 4));
        boolean inexact = APPROXIMATE.contains(op);
        for (int i = 0; i < 16; i++) {
            int at = 16 * i;
            if (!Arrays.equals(host.high, at, at + 16, ours.high, at, at + 16)
                    && !(inexact && approximate(host.high, ours.high, at))) {
                found.add("ymm%d: %s, ours %s".formatted(i, high(host, i), high(ours, i)));
            }
        }
        for (int i = 0; i < 16; i++) {
            int at = MachineState.XMM + 16 * i;
            if (!Arrays.equals(host.fx, at, at + 16, ours.fx, at, at + 16)
                    && !(inexact && approximate(host.fx, ours.fx, at))) {
                found.add("xmm%d: %016x_%016x, ours %016x_%016x"
                        .formatted(i, fx(host, at + 8, 8), fx(host, at, 8), fx(ours, at + 8, 8), fx(ours, at, 8)));
            }
        }
    }

    /// {@return whether two 80-bit values differ by one in the last place at most}
    private boolean near(int at) {
        long exponents = fx(host, at + 8, 2) - fx(ours, at + 8, 2);
        long difference = fx(host, at, 8) - fx(ours, at, 8);
        return exponents == 0 && Math.abs(difference) <= 1
                || Math.abs(exponents) == 1 && Math.abs(difference << 1) <= 2;
    }

    private static String high(MachineState state, int register) {
        return "%016x_%016x"
                .formatted(Values.get(state.high, 16 * register + 8, 8), Values.get(state.high, 16 * register, 8));
    }

    private static boolean approximate(byte[] expected, byte[] found, int at) {
        for (int lane = 0; lane < 16; lane += 4) {
            float a = Float.intBitsToFloat((int) Values.get(expected, at + lane, 4));
            float b = Float.intBitsToFloat((int) Values.get(found, at + lane, 4));
            boolean same = Float.floatToRawIntBits(a) == Float.floatToRawIntBits(b);
            if (!same && !(Math.abs((double) a - b) <= Math.abs((double) a) * 2 * 1.5 / 4096)) {
                return false;
            }
        }
        return true;
    }

    /// {@return a state in full, for people}
    static String text(MachineState state) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            text.append("%4s=%016x%s".formatted(GPR[i], state.gpr[i], (i & 3) == 3 ? "\n" : " "));
        }
        text.append(" rip=%016x rflags=%08x".formatted(state.rip, state.rflags));
        for (int i = 0; i < 6; i++) {
            text.append(" %s=%04x".formatted(SEGMENTS[i], state.selectors[i]));
        }
        text.append("\n fs.base=%x gs.base=%x".formatted(state.fsBase, state.gsBase));
        if (state.vector >= 0) {
            text.append(" vector=%d error=%x cr2=%x".formatted(state.vector, state.error, state.address));
        }
        text.append("\n fcw=%04x fsw=%04x ftw=%02x mxcsr=%08x\n"
                .formatted(
                        Values.get(state.fx, MachineState.FCW, 2),
                        Values.get(state.fx, MachineState.FSW, 2),
                        Values.get(state.fx, MachineState.FTW, 1),
                        Values.get(state.fx, MachineState.MXCSR, 4)));
        for (int i = 0; i < 8; i++) {
            int at = MachineState.ST + 16 * i;
            text.append("  st%d=%04x.%016x%s"
                    .formatted(
                            i,
                            Values.get(state.fx, at + 8, 2),
                            Values.get(state.fx, at, 8),
                            (i & 3) == 3 ? "\n" : " "));
        }
        for (int i = 0; i < 16; i++) {
            int at = MachineState.XMM + 16 * i;
            text.append("%5s=%s_%016x_%016x%s"
                    .formatted(
                            "ymm" + i,
                            high(state, i),
                            Values.get(state.fx, at + 8, 8),
                            Values.get(state.fx, at, 8),
                            (i & 1) == 1 ? "\n" : " "));
        }
        return text.toString();
    }
}

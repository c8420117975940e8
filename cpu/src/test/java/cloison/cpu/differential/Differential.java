package cloison.cpu.differential;

import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Disassembler;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Row;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Runs one random case after the other on the host's processor and in the interpreter, and compares.
///
/// A case is its seed: the row's number in the table, the mode, and the case's number; everything else follows.
///
/// ```text
///  63       44  43  42 41          0
///  +----------+------+-------------+
///  | row + 1  | mode | case        |
///  +----------+------+-------------+
/// ```
final class Differential implements AutoCloseable {
    /// How a case ended.
    enum Verdict {
        SAME,
        DIFFERENT,
        /// It would have left the sandbox, or did not end: not run natively.
        SKIPPED,
        /// The host's processor is of another vendor and does otherwise: see [#reason()].
        VENDOR,
        /// The row has no encoding in this mode.
        NONE
    }

    /// Operations of which the manual leaves open whether memory that they need not touch faults.
    private static final Set<String> LENIENT = Set.of("MASKMOVQ", "MASKMOVDQU", "XSAVEOPT", "XSAVEOPT64");

    private static final int MODE_SHIFT = 42;
    private static final int ROW_SHIFT = 44;
    private static final int[] MODES = {64, 32};

    private final boolean amd;
    private final List<Row> rows = OpcodeTable.standard().rows();
    private final Decoder decoder = new Decoder(OpcodeTable.standard());
    private final Sandbox sandbox = Sandbox.open();
    private final GuestRunner guest = new GuestRunner(sandbox);
    private final NativeRunner host = new NativeRunner(sandbox);

    private final MachineState before = new MachineState();
    private final MachineState hostAfter = new MachineState();
    private final MachineState levelled = new MachineState();
    private final MachineState ourAfter = new MachineState();
    private final byte[] data = new byte[Sandbox.DATA_SIZE];
    private final byte[] hostData = new byte[Sandbox.DATA_SIZE];
    private final byte[] ourData = new byte[Sandbox.DATA_SIZE];

    private @Nullable Row row;
    private @Nullable Instruction instruction;
    private int mode;
    private byte[] code = {};
    private List<String> differences = List.of();
    private String reason = "";

    /// @param amd whether the host's processor is of AMD's make
    Differential(boolean amd) {
        this.amd = amd;
    }

    /// {@return the seed of a case}
    static long seed(int row, int mode, long number) {
        return (row + 1L) << ROW_SHIFT | (mode == 64 ? 0L : 1L) << MODE_SHIFT | number;
    }

    /// Runs the case of a seed.
    Verdict run(long seed) {
        row = rows.get((int) (seed >>> ROW_SHIFT) - 1);
        mode = MODES[(int) (seed >>> MODE_SHIFT) & 3];
        SplittableRandom random = new SplittableRandom(seed * 0x9E37_79B9_7F4A_7C15L);
        int offset = encode(random);
        if (offset < 0) {
            return Verdict.NONE;
        }
        StateSampler sampler = new StateSampler(random, sandbox, mode, data, before);
        Instruction fitted = instruction;
        if (fitted != null) {
            sampler.fit(fitted);
        }
        before.rip = sandbox.code() + offset;
        int length = Math.min(code.length, Sandbox.CODE_SIZE - offset);
        guest.code(offset, code, length);
        guest.load(data);
        try {
            guest.run(before, ourAfter);
        } finally {
            guest.clear(offset, length);
        }
        guest.store(ourData);
        if (leaves(ourAfter)
                || components(row.op().name())
                || fitted != null && splits(fitted, sampler.address(fitted))) {
            return Verdict.SKIPPED;
        }
        AmdDifferences amdDifferences = fitted == null || !amd
                ? null
                : new AmdDifferences(sandbox, fitted, code, before, sampler.address(fitted));
        if (amd && skips(AmdDifferences.reason(row, mode))) {
            return Verdict.VENDOR;
        }
        if (amdDifferences != null && skips(amdDifferences.reason())) {
            return Verdict.VENDOR;
        }
        sandbox.code(offset, code, length);
        sandbox.load(data);
        host.run(before, hostAfter);
        sandbox.clear(offset, length);
        sandbox.store(hostData);
        if (LENIENT.contains(row.op().name()) && (hostAfter.rip == before.rip) != (ourAfter.rip == before.rip)) {
            return Verdict.SKIPPED;
        }
        levelled.copyFrom(hostAfter);
        if (amdDifferences != null) {
            if (skips(amdDifferences.reason(hostAfter, ourAfter))) {
                return Verdict.VENDOR;
            }
            amdDifferences.level(levelled, ourAfter, hostData, ourData);
        }
        boolean began = ourAfter.rip == before.rip && hostAfter.rip == before.rip;
        differences = Comparison.of(
                mode, began ? 0 : row.flagsUndefined(), row.op().name(), mmx(), levelled, ourAfter, hostData, ourData);
        return differences.isEmpty() ? Verdict.SAME : Verdict.DIFFERENT;
    }

    /// {@return whether it locks more than a cache line: kernels punish that by putting the program to sleep}
    private static boolean splits(Instruction instruction, long address) {
        Operand first = instruction.operands.length == 0 ? null : instruction.operand(0);
        Operand last = first == null ? null : instruction.operand(instruction.operands.length - 1);
        boolean locks = instruction.lock
                || instruction.op().name().equals("XCHG")
                        && (first.kind() == Operand.Kind.MEMORY || last.kind() == Operand.Kind.MEMORY);
        int size = locks ? Math.max(first.size(), 1) : 1;
        return (address & 63) + size > 64;
    }

    /// {@return whether it saves or restores state components that the host has and the guest has not}
    private boolean components(String op) {
        return (op.startsWith("XSAVE") || op.startsWith("XRSTOR"))
                && ((before.gpr[0] & 0xFFFF_FFFCL) != 0 || (before.gpr[2] & 0xFFFF_FFFFL & ~0x30_0000L) != 0);
    }

    private boolean mmx() {
        if (instruction != null) {
            for (Operand operand : instruction.operands) {
                if (operand.kind() == Operand.Kind.MMX) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean leaves(MachineState after) {
        return after.vector == 14 && !sandbox.known(after.address) || !sandbox.known(after.rip);
    }

    /// Encodes the row; {@return the offset of the code, or -1 if there is no encoding}
    private int encode(SplittableRandom random) {
        int opcode = row.form().map() << 8 | row.form().opcode();
        if (mode == 64 && (opcode == 0xC4 || opcode == 0xC5 || opcode == 0x62)) {
            return -1; // VEX and EVEX on the host
        }
        CodeSampler sampler = new CodeSampler(random);
        for (int attempt = 0; attempt < 40; attempt++) {
            int place = switch (random.nextInt(32)) {
                case 0, 1 -> Sandbox.PAGE - random.nextInt(1, 12);
                case 2 -> Sandbox.CODE_SIZE - random.nextInt(1, 12);
                default -> random.nextInt(256, Sandbox.CODE_SIZE - 256);
            };
            long address = sandbox.code() + place;
            byte[] bytes = sampler.encode(row, mode, address, StateSampler.target(random, sandbox, 8));
            Instruction decoded = decoder.decode(bytes, 0, bytes.length, mode, address);
            // that an opcode is undefined may be seen before or after the rest of it is fetched
            boolean whole = place + bytes.length <= Sandbox.CODE_SIZE;
            boolean undefined = decoded == null && decoder.outcome() == Decoder.Outcome.UNDEFINED && whole;
            if (undefined && random.nextInt(4) == 0 || decoded != null && decoded.row == row && !circles(decoded)) {
                if (decoded != null && decoded.op().name().equals("INT") && decoded.immediate == (byte) 0x80) {
                    continue;
                }
                code = bytes;
                instruction = decoded;
                return place;
            }
        }
        return -1;
    }

    /// {@return whether it is a branch into itself}
    private static boolean circles(Instruction instruction) {
        for (Operand operand : instruction.operands) {
            if (operand.kind() == Operand.Kind.RELATIVE || operand.kind() == Operand.Kind.FAR) {
                long distance = instruction.immediate - instruction.address;
                return distance >= 0 && distance < instruction.length;
            }
        }
        return false;
    }

    private boolean skips(@Nullable String why) {
        reason = why == null ? "" : why;
        return why != null;
    }

    /// {@return why the last case was left to hosts of another vendor}
    String reason() {
        return reason;
    }

    /// {@return the differences that the last case found}
    List<String> differences() {
        return differences;
    }

    /// {@return all of the last case, for people}
    String report(long seed) {
        StringBuilder text = new StringBuilder();
        text.append("row        ").append(row).append("\n");
        text.append(
                "bytes      %s (%d-bit)\n".formatted(HexFormat.ofDelimiter(" ").formatHex(code), mode));
        text.append("decoded    ")
                .append(instruction == null ? "undefined" : Disassembler.text(instruction))
                .append("\n");
        text.append("replay     -Dcloison.seed=").append(seed).append("\n");
        for (String difference : differences) {
            text.append("difference ").append(difference).append("\n");
        }
        text.append("before\n").append(Comparison.text(before));
        text.append("host after\n").append(Comparison.text(hostAfter));
        text.append("ours after\n").append(Comparison.text(ourAfter));
        text.append("data at 0x%x\n".formatted(sandbox.data()));
        return text.toString();
    }

    @Override
    public void close() {
        host.close();
        sandbox.close();
    }
}

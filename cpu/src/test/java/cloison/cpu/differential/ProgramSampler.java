package cloison.cpu.differential;

import cloison.cpu.decode.AvxOp;
import cloison.cpu.decode.Decoder;
import cloison.cpu.decode.Instruction;
import cloison.cpu.decode.IntegerOp;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Operand;
import cloison.cpu.decode.Row;
import cloison.cpu.decode.SystemOp;
import cloison.cpu.decode.VectorOp;
import cloison.cpu.decode.X87Op;
import cloison.cpu.state.Flags;
import cloison.machine.processor.ProcessorState;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// Writes random programs: a few instructions that work on few registers and on memory that overlaps, with forward
/// branches, counted loops, calls, and jumps through registers.
///
/// Every program ends: what goes backward counts a register down that nothing else in it touches.
final class ProgramSampler {
    /// What is not exact, saves what differs among processors, or is compared in single cases only.
    private static final Set<String> NOT_HERE = Set.of(
            "FNSTENV",
            "FNSAVE",
            "FLDENV",
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
            "MASKMOVQ",
            "MASKMOVDQU",
            "VMASKMOVDQU",
            "BOUND",
            "UD0",
            "UD1",
            "UD2");

    private static final Set<IntegerOp> STACK = EnumSet.of(
            IntegerOp.PUSH,
            IntegerOp.POP,
            IntegerOp.PUSHA,
            IntegerOp.POPA,
            IntegerOp.PUSHF,
            IntegerOp.POPF,
            IntegerOp.ENTER,
            IntegerOp.LEAVE);
    private static final Set<IntegerOp> COMPARING = EnumSet.of(
            IntegerOp.CMP,
            IntegerOp.TEST,
            IntegerOp.SUB,
            IntegerOp.ADD,
            IntegerOp.AND,
            IntegerOp.OR,
            IntegerOp.XOR,
            IntegerOp.INC,
            IntegerOp.DEC,
            IntegerOp.BT,
            IntegerOp.SHR,
            IntegerOp.SHL);
    private static final int[] COUNTERS = {3, 5, 6, 7};
    private static final int NO_REGISTER = -1;

    private final Place place;
    private final List<Row> integer;
    private final List<Row> stack;
    private final List<Row> comparing;
    private final List<Row> vector;
    private final List<Row> avx;
    private final List<Row> x87;
    private final List<Row> system;
    private final Decoder decoder = new Decoder(OpcodeTable.standard());

    // the program under way
    private SplittableRandom random = new SplittableRandom();
    private Program program;
    private StateSampler state;
    private CodeSampler code;
    private int group;
    private int changed;
    private boolean locking;
    private int counter;
    private int loopStart;
    private int loopEnd;

    ProgramSampler(Place place) {
        this.place = place;
        List<Row> rows = OpcodeTable.standard().rows().stream()
                .filter(ProgramSampler::usable)
                .toList();
        integer = rows.stream().filter(row -> row.op() instanceof IntegerOp).toList();
        stack = rows.stream()
                .filter(row -> row.op() instanceof IntegerOp op && STACK.contains(op))
                .toList();
        comparing = rows.stream()
                .filter(row -> row.op() instanceof IntegerOp op && COMPARING.contains(op))
                .toList();
        vector = rows.stream().filter(row -> row.op() instanceof VectorOp).toList();
        avx = rows.stream().filter(row -> row.op() instanceof AvxOp).toList();
        x87 = rows.stream().filter(row -> row.op() instanceof X87Op).toList();
        system = rows.stream().filter(row -> row.op() instanceof SystemOp).toList();
        program = new Program(place, 64, 0);
        state = new StateSampler(random, place, 64, program.data, program.starts[0]);
        code = new CodeSampler(random);
    }

    private static boolean usable(Row row) {
        String op = row.op().name();
        return row.size() != Row.Size.FORCED_64
                && Exclusions.reason(row) == null
                && !NOT_HERE.contains(op)
                && !Comparison.APPROXIMATE.contains(op)
                && !Comparison.TRANSCENDENTAL.contains(op)
                && !(row.op() instanceof SystemOp && always(row));
    }

    /// {@return whether it faults in every program}
    private static boolean always(Row row) {
        boolean segment = row.op() == SystemOp.MOV || row.op() == SystemOp.POP || row.op() == SystemOp.LSS;
        return row.is("cpl0") || row.ends() && !segment || row.op() == SystemOp.CLI;
    }

    /// {@return the program of a seed, or null if there is none}
    @Nullable
    Program sample(long seed) {
        random = Case.random(seed);
        int mode = Case.mode(seed);
        for (int attempt = 0; attempt < 50; attempt++) {
            int offset = random.nextInt(8) == 0
                    ? Place.PAGE - random.nextInt(1, 60)
                    : random.nextInt(256, Place.CODE_SIZE - 512);
            program = new Program(place, mode, offset);
            state = new StateSampler(random, place, mode, program.data, program.starts[0]);
            write();
            if (mode == 16) {
                // a return from the guest's supervisor leaves the upper half of ESP as it is there: 0
                program.starts[0].gpr[ProcessorState.RSP] &= 0xFFFF;
            }
            secondStart();
            if (program.link() && FlagFlow.holds(program)) {
                return program;
            }
        }
        return null;
    }

    private void write() {
        int[] palette = {random.nextInt(4), random.nextInt(4), random.nextInt(8), random.nextInt(8)};
        code = new CodeSampler(random, random.nextInt(5) == 0 ? null : palette);
        if (random.nextInt(4) != 0) {
            state.near(StateSampler.target(random, place, 8));
        }
        group = 0;
        changed = 0;
        locking = false;
        counter = NO_REGISTER;
        loopStart = Integer.MAX_VALUE;
        loopEnd = Integer.MAX_VALUE;
        int wanted = 2 + random.nextInt(5);
        List<Integer> forward = new ArrayList<>();
        List<Integer> calls = new ArrayList<>();
        while (program.pieces.size() < wanted) {
            construct(forward, calls);
        }
        if (counter != NO_REGISTER && loopEnd == Integer.MAX_VALUE) {
            closeLoop();
        }
        int stop = program.pieces.size();
        add(bytes(0xCC), group++);
        for (int from : forward) {
            program.pieces.get(from).target = forwardTarget(from, stop);
        }
        for (int call : calls) {
            program.pieces.get(call).target = program.pieces.size();
            plain();
            if (random.nextBoolean()) {
                plain();
            }
            add(random.nextInt(4) == 0 ? bytes(0xC2, random.nextInt(3) * 8, 0) : bytes(0xC3), group++);
        }
    }

    /// Lets the second start differ from the first one in some registers.
    private void secondStart() {
        MachineState second = program.starts[1];
        second.copyFrom(program.starts[0]);
        for (int i = 0; i < 16; i++) {
            if (i != ProcessorState.RSP && !locking && random.nextInt(3) == 0) {
                long value =
                        random.nextBoolean() ? Values.integer(random) : state.linear(8) - place.dataBase(program.mode);
                second.gpr[i] = program.mode == 64 ? value : value & 0xFFFF_FFFFL;
            }
        }
        second.rflags ^= random.nextInt() & Flags.STATUS;
    }

    private void construct(List<Integer> forward, List<Integer> calls) {
        switch (random.nextInt(24)) {
            case 0, 1, 2 -> {
                if (random.nextInt(3) != 0) {
                    row(comparing);
                }
                forward.add(program.pieces.size());
                branch(0x70 + random.nextInt(16));
            }
            case 3 -> {
                forward.add(program.pieces.size());
                // LOOPNE, LOOPE, LOOP, JRCXZ or JMP
                changed |= 1 << ProcessorState.RCX;
                link(Piece.Link.RELATIVE, 1, group++, random.nextBoolean() ? 0xEB : 0xE0 + random.nextInt(4));
            }
            case 4 -> {
                if (counter == NO_REGISTER) {
                    openLoop();
                } else if (loopEnd == Integer.MAX_VALUE) {
                    closeLoop();
                } else {
                    plain();
                }
            }
            case 5 -> {
                calls.add(program.pieces.size());
                link(Piece.Link.RELATIVE, near(), group++, 0xE8);
            }
            case 6 -> {
                forward.add(program.pieces.size());
                throughRegister();
            }
            default -> plain();
        }
    }

    // ---- plain instructions

    private void plain() {
        int kind = random.nextInt(100);
        List<Row> vectors = kind < 74 ? vector : avx;
        row(kind < 54 ? integer : kind < 64 ? stack : kind < 85 ? vectors : kind < 95 ? x87 : system);
    }

    /// Adds an instruction of one of `rows`, and fits registers and memory to it.
    private void row(List<Row> rows) {
        byte[] nothing = bytes(0x90);
        for (int attempt = 0; attempt < 60; attempt++) {
            Row row = rows.get(random.nextInt(rows.size()));
            long target = state.linear(8) - place.dataBase(program.mode);
            byte[] bytes = code.encode(row, program.mode, program.next(), target);
            Instruction instruction = decoder.decode(bytes, 0, bytes.length, program.mode, program.next());
            if (instruction == null
                    || instruction.row != row
                    || instruction.length != bytes.length
                    || !fits(instruction)) {
                continue;
            }
            state.fit(instruction);
            if (locks(instruction) && (changed != 0 || (state.address(instruction) & 63) > 48)) {
                continue;
            }
            locking |= locks(instruction);
            changed |= Uses.changed(instruction);
            add(bytes, group++);
            return;
        }
        add(nothing, group++);
    }

    private boolean fits(Instruction instruction) {
        if (counter != NO_REGISTER && (Uses.changed(instruction) & 1 << counter) != 0) {
            return false;
        }
        return (Uses.addressed(instruction) & changed) == 0 || random.nextInt(5) == 0;
    }

    /// {@return whether it locks memory: more than a cache line must not be, see [Differential]}
    private static boolean locks(Instruction instruction) {
        if (instruction.op() == IntegerOp.XCHG) {
            for (Operand operand : instruction.operands) {
                if (operand.kind() == Operand.Kind.MEMORY) {
                    return true;
                }
            }
        }
        return instruction.lock;
    }

    // ---- flow

    private int near() {
        return program.mode == 16 ? 2 : 4;
    }

    /// A conditional branch, short or near.
    private void branch(int opcode) {
        if (random.nextInt(3) != 0) {
            link(Piece.Link.RELATIVE, 1, group++, opcode);
        } else {
            link(Piece.Link.RELATIVE, near(), group++, 0x0F, opcode + 0x10);
        }
    }

    private void throughRegister() {
        int register = random.nextInt(3);
        int own = group++;
        link(Piece.Link.ADDRESS, near(), own, 0xB8 + register);
        changed |= 1 << register;
        if (random.nextBoolean()) {
            add(bytes(0xFF, 0xE0 + register), own);
        } else {
            add(bytes(0x50 + register), own);
            add(bytes(0xC3), own);
        }
    }

    private void openLoop() {
        boolean wide = program.mode == 64;
        counter = wide ? 8 + random.nextInt(8) : COUNTERS[random.nextInt(COUNTERS.length)];
        loopStart = program.pieces.size();
        byte[] load = wide ? bytes(0x41, 0xB8 + (counter & 7), 0, 0, 0, 0) : bytes(0xB8 + counter, 0, 0);
        if (program.mode == 32) {
            load = bytes(0xB8 + counter, 0, 0, 0, 0);
        }
        load[wide ? 2 : 1] = (byte) (1 + random.nextInt(4));
        changed |= 1 << counter;
        add(load, group++);
    }

    private void closeLoop() {
        int register = counter & 7;
        int condition;
        switch (random.nextInt(4)) {
            case 0 -> {
                counting(0xFF, 0xC8 + register); // DEC
                condition = random.nextBoolean() ? 5 : 15; // NE, G
            }
            case 1 -> {
                counting(0x83, 0xE8 + register, 1); // SUB
                condition = random.nextBoolean() ? 5 : 7; // NE, A
            }
            case 2 -> {
                counting(0x83, 0xC0 + register, 0xFF); // ADD -1
                condition = 2; // B
            }
            default -> {
                counting(0x83, 0xE8 + register, 2);
                condition = 13; // GE
            }
        }
        loopEnd = program.pieces.size();
        link(Piece.Link.RELATIVE, near(), groupOfLoop(), 0x0F, 0x80 + condition);
        program.pieces.getLast().target = loopStart + 1;
    }

    private int groupOfLoop() {
        return program.pieces.get(loopStart).group;
    }

    private void counting(int... bytes) {
        byte[] code = bytes(bytes);
        if (program.mode == 64) {
            byte[] extended = new byte[code.length + 1];
            extended[0] = 0x41;
            System.arraycopy(code, 0, extended, 1, code.length);
            code = extended;
        }
        add(code, groupOfLoop());
    }

    /// {@return where a forward branch leads: not into a loop past the start of its count, and not past
    /// its counting to its end}
    private int forwardTarget(int from, int stop) {
        int first = from + 1;
        while (program.pieces.get(first).group == program.pieces.get(from).group) {
            first++;
        }
        int target = first + random.nextInt(stop + 1 - first);
        while (target > first && program.pieces.get(target).group == program.pieces.get(target - 1).group) {
            target--;
        }
        boolean intoLoop = from < loopStart && target > loopStart && target <= loopEnd;
        if (intoLoop) {
            return loopStart;
        }
        return target == loopEnd ? loopEnd - 1 : target;
    }

    // ---- pieces

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private void add(byte[] bytes, int own) {
        program.add(new Piece(bytes, Piece.Link.NONE, 0, own));
    }

    private void link(Piece.Link link, int size, int own, int... opcode) {
        byte[] bytes = new byte[opcode.length + size];
        System.arraycopy(bytes(opcode), 0, bytes, 0, opcode.length);
        program.add(new Piece(bytes, link, size, own));
    }
}

package cloison.cpu.decode;

import cloison.machine.processor.CpuFeature;
import cloison.machine.processor.CpuModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The opcode table: all rows, and which of them an opcode means.
///
/// The index is filled as opcodes are met. It is shared by all decoders without a lock: two that resolve the same
/// opcode at once store equal arrays of immutable rows.
public final class OpcodeTable {
    /// Found where nothing matches.
    private static final @Nullable Row[] NOTHING = {};

    /// Four maps without VEX, three with VEX.L 0, three with VEX.L 1.
    private static final int OPCODES = 10 * 256;

    private static final int VEX_MAPS = 3;

    private final List<Row> rows;
    private final Row[][] candidates = new Row[OPCODES][];

    // [index << 4 | W << 3 | 64-bit mode << 2 | dominant prefix]: nothing; one row; or one per ModRM byte
    private final @Nullable Row[] @Nullable [] resolved = new @Nullable Row[OPCODES << 4] @Nullable [];

    private OpcodeTable(List<Row> rows) {
        this.rows = List.copyOf(rows);
        int[] counts = new int[OPCODES];
        for (Row row : rows) {
            for (int index : indexes(row.form())) {
                counts[index]++;
            }
        }
        for (int i = 0; i < OPCODES; i++) {
            candidates[i] = new Row[counts[i]];
        }
        for (Row row : rows) {
            for (int index : indexes(row.form())) {
                candidates[index][--counts[index]] = row;
            }
        }
    }

    /// {@return where a form's opcodes are in the index}
    private static int[] indexes(Form form) {
        int first = form.map() << 8 | form.opcode();
        if (form.vex()) {
            int low = vex(first, 0);
            int high = vex(first, 1);
            return form.length() < 0 ? new int[] {low, high} : new int[] {form.length() == 0 ? low : high};
        }
        int[] indexes = new int[form.plus() ? 8 : 1];
        for (int i = 0; i < indexes.length; i++) {
            indexes[i] = first + i;
        }
        return indexes;
    }

    /// {@return the index of an opcode with a VEX prefix}
    ///
    /// @param opcode map << 8 | opcode byte
    static int vex(int opcode, int length) {
        return opcode + (VEX_MAPS * (1 + length) << 8);
    }

    /// {@return the table of all families}
    public static OpcodeTable standard() {
        return Standard.TABLE;
    }

    /// {@return the table of what a processor of `model` has: without a feature, its encodings mean what they mean
    /// without it}
    public static OpcodeTable of(CpuModel model) {
        return Standard.BY_FEATURES.computeIfAbsent(
                model.features(),
                features -> new OpcodeTable(Standard.TABLE.rows.stream()
                        .filter(row -> features.containsAll(row.features()))
                        .toList()));
    }

    /// {@return every row}
    public List<Row> rows() {
        return rows;
    }

    /// {@return a table of the rows written in `text`, whose operations are `ops`}
    static OpcodeTable of(String text, Op... ops) {
        Map<String, Op> byName = new HashMap<>();
        for (Op op : ops) {
            byName.put(op.name(), op);
        }
        List<Row> rows = new ArrayList<>();
        new TableReader("text", byName, new HashMap<>()).read(text, rows);
        return new OpcodeTable(rows);
    }

    /// {@return what an opcode means: an empty array, one row if no ModRM byte follows, else a row (or null) per byte}
    ///
    /// @param opcode map << 8 | opcode byte, or what [#vex] makes of it
    /// @param context W << 3 | 64-bit mode << 2 | dominant prefix
    @Nullable
    Row[] find(int opcode, int context) {
        @Nullable Row[] found = resolved[opcode << 4 | context];
        if (found == null) {
            found = resolve(candidates[opcode], context);
            resolved[opcode << 4 | context] = found;
        }
        return found;
    }

    private static @Nullable Row[] resolve(Row[] candidates, int context) {
        List<Row> admitted = new ArrayList<>();
        for (Row row : candidates) {
            Form form = row.form();
            if (row.existsIn((context & 4) != 0)
                    && form.prefix().admits(context & 3)
                    && (form.rexW() < 0 || form.rexW() == wide(row, context))) {
                admitted.add(row);
            }
        }
        if (admitted.isEmpty()) {
            return NOTHING;
        }
        boolean modrm = admitted.get(0).form().modrm();
        for (Row row : admitted) {
            if (row.form().modrm() != modrm) {
                throw new IllegalStateException("only some rows have a ModRM byte: " + admitted);
            }
        }
        @Nullable Row[] found = new @Nullable Row[modrm ? 256 : 1];
        for (int value = 0; value < found.length; value++) {
            for (Row row : admitted) {
                if (!modrm || row.form().admitsModrm(value)) {
                    found[value] = narrower(found[value], row);
                }
            }
        }
        return found;
    }

    /// {@return the W that counts}
    private static int wide(Row row, int context) {
        return row.is("w64") && (context & 4) == 0 ? 0 : context >> 3;
    }

    private static Row narrower(@Nullable Row a, Row b) {
        if (a == null) {
            return b;
        }
        int order = Integer.compare(a.form().rank(), b.form().rank());
        if (order == 0) {
            throw new IllegalStateException("two rows for one encoding: %s; %s".formatted(a, b));
        }
        return order > 0 ? a : b;
    }

    private static final class Standard {
        static final OpcodeTable TABLE = load();
        static final Map<Set<CpuFeature>, OpcodeTable> BY_FEATURES = new ConcurrentHashMap<>();

        private static OpcodeTable load() {
            List<Row> rows = new ArrayList<>(2048);
            Map<String, OperandCode> codes = new HashMap<>();
            load("integer.txt", IntegerOp.values(), codes, rows);
            load("system.txt", SystemOp.values(), codes, rows);
            load("x87.txt", X87Op.values(), codes, rows);
            load("vector.txt", VectorOp.values(), codes, rows);
            load("avx.txt", AvxOp.values(), codes, rows);
            return new OpcodeTable(rows);
        }

        private static void load(String file, Op[] ops, Map<String, OperandCode> codes, List<Row> rows) {
            Map<String, Op> byName = HashMap.newHashMap(ops.length);
            for (Op op : ops) {
                byName.put(op.name(), op);
            }
            try (InputStream in = OpcodeTable.class.getResourceAsStream(file)) {
                if (in != null) {
                    String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                    new TableReader(file, byName, codes).read(text, rows);
                }
            } catch (IOException e) {
                throw new IllegalStateException("the opcode table " + file + " cannot be read", e);
            }
        }
    }
}

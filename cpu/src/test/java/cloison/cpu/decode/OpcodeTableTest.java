package cloison.cpu.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.cpu.state.Flags;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OpcodeTableTest {
    @Test
    void noTwoRowsMeanTheSameEncoding() {
        OpcodeTable table = OpcodeTable.standard();

        Set<Row> reachable = new HashSet<>();
        for (int opcode = 0; opcode < 10 * 256; opcode++) {
            for (int context = 0; context < 16; context++) {
                for (Row row : table.find(opcode, context)) {
                    if (row != null) {
                        reachable.add(row);
                    }
                }
            }
        }

        assertThat(reachable).containsExactlyInAnyOrderElementsOf(table.rows());
    }

    @Test
    void everyIntegerOperationHasARow() {
        Set<IntegerOp> named = EnumSet.noneOf(IntegerOp.class);
        for (Row row : OpcodeTable.standard().rows()) {
            if (row.op() instanceof IntegerOp op) {
                named.add(op);
            }
        }

        assertThat(named).isEqualTo(EnumSet.allOf(IntegerOp.class));
    }

    @Test
    void everyAvxOperationHasARow() {
        Set<AvxOp> named = EnumSet.noneOf(AvxOp.class);
        for (Row row : OpcodeTable.standard().rows()) {
            if (row.op() instanceof AvxOp op) {
                named.add(op);
            }
        }

        assertThat(named).isEqualTo(EnumSet.allOf(AvxOp.class));
    }

    @Test
    void conditionsAreNumberedAsInTheOpcodes() {
        for (Row row : OpcodeTable.standard().rows()) {
            if (row.op() instanceof IntegerOp op && op.condition() >= 0) {
                assertThat(op.condition())
                        .as(row.toString())
                        .isEqualTo(row.form().opcode() & 15);
            }
        }
    }

    @Test
    void aRowIsReadWithAllItsColumns() {
        OpcodeTable table = OpcodeTable.of(
                "F2 W1 0F 3A 16 /3 mem ib ADD Rd/Mb,Ibs lock d64 i64 ends r=c w=sz u=oa # why", IntegerOp.ADD);

        Row row = table.rows().get(0);
        assertThat(row.form().prefix()).isEqualTo(Form.Prefix.PF2);
        assertThat(row.form().rexW()).isEqualTo(1);
        assertThat(row.form().map()).isEqualTo(3);
        assertThat(row.form().opcode()).isEqualTo(0x16);
        assertThat(row.form().digit()).isEqualTo(3);
        assertThat(row.form().place()).isEqualTo(Form.Place.MEMORY);
        assertThat(row.form().immediates()).containsExactly(Form.Immediate.BYTE);
        assertThat(row.registerCodes().get(0).size()).isEqualTo(4);
        assertThat(row.memoryCodes().get(0).size()).isEqualTo(1);
        assertThat(row.lockable()).isTrue();
        assertThat(row.ends()).isTrue();
        assertThat(row.size()).isEqualTo(Row.Size.DEFAULT_64);
        assertThat(row.modes()).isEqualTo(Row.Modes.NOT_64);
        assertThat(row.flagsRead()).isEqualTo(Flags.CF);
        assertThat(row.flagsWritten()).isEqualTo(Flags.SF | Flags.ZF | Flags.OF | Flags.AF);
        assertThat(row.flagsUndefined()).isEqualTo(Flags.OF | Flags.AF);
    }

    @Test
    void aRowWithAVexPrefixSaysWhatMustBeInIt() {
        Row row = OpcodeTable.of("VEX.L1.66.W0 0F 38 18 /r ADD Vqq,Hx,Wx2 w64", IntegerOp.ADD)
                .rows()
                .get(0);

        assertThat(row.form().vex()).isTrue();
        assertThat(row.form().length()).isEqualTo(1);
        assertThat(row.form().prefix()).isEqualTo(Form.Prefix.P66);
        assertThat(row.form().rexW()).isEqualTo(0);
        assertThat(row.form().map()).isEqualTo(2);
        assertThat(row.registerCodes().get(1).bytes(4, 64, 32)).isEqualTo(32);
        assertThat(row.registerCodes().get(2).bytes(4, 64, 32)).isEqualTo(16);
    }

    @Test
    void aBadRowIsNamedWithItsLine() {
        assertThatThrownBy(() -> OpcodeTable.of("# first\n00 /r ADD Eb,Gb shiny", IntegerOp.ADD))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("text:2")
                .hasMessageContaining("shiny");
        assertThatThrownBy(() -> OpcodeTable.of("00 /r ADD Eb,Kb -", IntegerOp.ADD))
                .hasMessageContaining("Kb");
        assertThatThrownBy(() -> OpcodeTable.of("00 /r SUB Eb,Gb -", IntegerOp.ADD))
                .hasMessageContaining("SUB");
        assertThatThrownBy(() -> OpcodeTable.of("VEX.L2 0F 10 /r ADD Vx,Wx -", IntegerOp.ADD))
                .hasMessageContaining("L2");
        assertThatThrownBy(() -> OpcodeTable.of("/r ADD Eb,Gb -", IntegerOp.ADD))
                .hasMessageContaining("opcode byte");
    }
}

package cloison.cpu.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.decode.FormSamples;
import cloison.cpu.decode.OpcodeTable;
import cloison.cpu.decode.Row;
import cloison.cpu.state.Control;
import cloison.machine.Samples;
import cloison.machine.processor.Exit;
import cloison.machine.processor.ProcessorState;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Any bytes as a guest's code, at any privilege and in any mode: the engine neither throws nor meets what it cannot
/// execute, and leaves when it is told to.
@Tag("fuzz")
class ExecutionFuzzTest {
    private static final int KINDS = 5;
    private static final int MOST = 2000;
    private static final long PATIENCE_MILLIS = 10;

    private static final List<Row> ROWS = OpcodeTable.standard().rows();
    private static final int[] MODES = {64, 64, 32, 32, 16};
    private static final FormSamples.Limits LIMITS =
            new FormSamples.Limits(List.of(0, 1, 2, 3, 4, 5, 6, 7), List.of(3, 5, 6), List.of(7), -200, 200, 6);

    /// {@return a machine of the kind that the first byte says}
    private static TestVm machine(int kind) {
        return switch (kind) {
            case 0 -> TestVm.longMode();
            case 1 -> TestVm.longMode().user();
            case 2 -> TestVm.longMode().compatibility();
            case 3 -> TestVm.protectedMode();
            default -> TestVm.realMode();
        };
    }

    private static void check(byte[] input) throws InterruptedException {
        if (input.length < 2) {
            return;
        }
        try (TestVm vm = machine((input[0] & 0xFF) % KINDS)) {
            int length = Math.min(input.length - 2, MOST);
            for (int i = 0; i < length; i++) {
                vm.write(TestVm.CODE + i, 1, input[i + 2]);
            }
            Random random = new Random(input[1]);
            vm.with(state -> {
                state.cr4 |= Control.CR4_OSFXSR | Control.CR4_OSXSAVE;
                state.xcr0 = 7;
                for (int i = 0; i < 16; i++) {
                    boolean address = i == ProcessorState.RSP || random.nextBoolean();
                    state.gpr[i] = address ? TestVm.DATA + random.nextInt(0x1000) : random.nextInt();
                }
            });
            vm.cpu().halted = false;
            Exit exit = run(vm.processor());

            assertThat(exit).isNotInstanceOf(Exit.EngineFault.class);
            vm.processor().load(vm.processor().state());
        }
    }

    /// Runs until the guest halts, or is told to leave, which it must obey.
    private static Exit run(Interpreter processor) throws InterruptedException {
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(PATIENCE_MILLIS);
                processor.leave();
            } catch (InterruptedException _) {
                // it came to its end
            }
        });
        try {
            return processor.run();
        } finally {
            caller.interrupt();
            caller.join();
        }
    }

    /// {@return instructions of all kinds, some of them broken}
    private static byte[] sample(Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int kind = random.nextInt(KINDS);
        out.write(kind);
        out.write(random.nextInt());
        int count = 1 + random.nextInt(12);
        while (count > 0) {
            Row row = ROWS.get(random.nextInt(ROWS.size()));
            if (random.nextInt(20) == 0) {
                out.write(random.nextInt());
            } else if (FormSamples.exists(row, MODES[kind]) && !row.op().name().equals("HLT")) {
                out.writeBytes(FormSamples.encode(row, MODES[kind], random, LIMITS));
                count--;
            }
        }
        out.write(0xF4);
        return out.toByteArray();
    }

    @FuzzTest(maxDuration = "2m")
    void noCodeBreaksTheEngine(byte[] input) throws InterruptedException {
        check(input);
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void noRandomCodeBreaksTheEngine() {
        Samples.check(250, random -> {
            try {
                check(sample(random));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }
}

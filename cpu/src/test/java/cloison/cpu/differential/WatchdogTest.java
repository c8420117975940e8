package cloison.cpu.differential;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WatchdogTest {
    private static final byte[] JUMP_TO_ITSELF = {(byte) 0xEB, (byte) 0xFE};
    private static final int PATIENCE_MILLIS = 50;

    @Test
    void aRunWithoutAnEndIsStopped() {
        try (Bench bench = Bench.open();
                Watchdog watchdog = new Watchdog(PATIENCE_MILLIS)) {
            MachineState start = new MachineState();
            start.rip = bench.place().code() + 0x100;
            start.gpr[4] = bench.place().data() + 0x800;
            MachineState end = new MachineState();
            Stream.concat(Stream.of(bench.host()), bench.engines(64).stream()).forEach(engine -> {
                engine.code(0x100, JUMP_TO_ITSELF, 2);
                engine.load(new byte[Place.DATA_SIZE]);
                watchdog.watch(engine);
                assertThatThrownBy(() -> engine.run(start, end)).isInstanceOf(Engine.Stopped.class);
                watchdog.unwatch();
                engine.clear(0x100, 2);
            });
        }
    }
}

package cloison.net.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.machine.StepClock;
import cloison.machine.wire.Wire;
import cloison.net.Frames;
import cloison.net.RecordingSink;
import cloison.net.frame.Frame;
import cloison.net.frame.FramePool;
import cloison.net.port.PortType;
import cloison.net.port.SwitchPort;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.SwitchType;
import cloison.net.vswitch.VirtualSwitch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureTest {
    private record Block(int type, byte[] body) {}

    private final StepClock clock = new StepClock();
    private final ByteArrayOutputStream file = new ByteArrayOutputStream();
    private final Capture capture = new Capture("capture", file, clock, () -> {});
    private final FramePool pool = new FramePool(2048, 4096);
    private final VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), clock);
    private final SwitchPort a = lan.connect("a/nic0", PortType.SYNTHETIC, new RecordingSink());
    private final SwitchPort b = lan.connect("b/nic0", PortType.SYNTHETIC, new RecordingSink());

    private static List<Block> blocks(byte[] file) {
        List<Block> blocks = new ArrayList<>();
        for (int at = 0; at < file.length; ) {
            int length = (int) Wire.u32(file, at + 4);
            assertThat(length % 4).isZero();
            assertThat(Wire.u32(file, at + length - 4)).isEqualTo(length);
            blocks.add(new Block(Wire.i32(file, at), Arrays.copyOfRange(file, at + 8, at + length - 4)));
            at += length;
        }
        return blocks;
    }

    @Test
    void aFrameIsSeenWhereItIsSentAndWhereItArrives() throws IOException {
        a.watch(capture.point("a/nic0"));
        b.watch(capture.point("b/nic0"));
        byte[] bytes = Frames.bytes(Frames.B, Frames.A, 61, 3);
        clock.advance(123_456_789);

        a.send(Frames.frame(pool, bytes));
        capture.turn();
        capture.close();

        List<Block> blocks = blocks(file.toByteArray());
        assertThat(blocks).extracting(Block::type).containsExactly(0x0A0D0D0A, 1, 1, 6, 6, 5, 5);
        for (int i = 0; i < 2; i++) {
            byte[] body = blocks.get(3 + i).body();
            assertThat(Wire.u32(body, 0)).isEqualTo(i);
            assertThat(Wire.u32(body, 4) << 32 | Wire.u32(body, 8)).isEqualTo(clock.wallNanos());
            assertThat(Wire.u32(body, 12)).isEqualTo(61);
            assertThat(Arrays.copyOfRange(body, 20, 81)).isEqualTo(bytes);
            assertThat(Wire.u32(body, 88)).isEqualTo(i == 0 ? 2 : 1);
        }
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aTagBesideAFrameIsInsideInTheFile() throws IOException {
        a.watch(capture.point("a/nic0"));
        Frame frame = Frames.frame(pool, Frames.bytes(Frames.B, Frames.A, 60, 0));
        frame.tag(5 << 13 | 0x123);

        a.send(frame);
        capture.close();

        byte[] body = blocks(file.toByteArray()).get(2).body();
        assertThat(Wire.u32(body, 12)).isEqualTo(64);
        assertThat(Arrays.copyOfRange(body, 20 + 12, 20 + 18)).containsExactly(0x81, 0x00, 0xA1, 0x23, 0x88, 0xB5);
    }

    @Test
    void framesThatFindTheQueueFullAreCountedAsMissing() throws IOException {
        a.watch(capture.point("a/nic0"));
        for (int i = 0; i < 1500; i++) {
            Frames.send(pool, a, Frames.B, Frames.A);
        }

        capture.close();

        List<Block> blocks = blocks(file.toByteArray());
        byte[] statistics = blocks.getLast().body();
        assertThat(blocks).hasSize(1 + 1 + 1024 + 1);
        assertThat(Wire.u64(statistics, 16)).isEqualTo(1500);
        assertThat(Wire.u64(statistics, 28)).isEqualTo(476);
        assertThat(pool.lent()).isZero();
    }

    @Test
    void aFinishedCaptureKeepsNoFrame() throws IOException {
        a.watch(capture.point("a/nic0"));
        capture.close();

        Frames.send(pool, a, Frames.B, Frames.A);

        assertThat(pool.lent()).isZero();
    }

    @Test
    void aFullDiskIsToldAtTheEndAndHoldsNoFrame() {
        Capture failing = new Capture(
                "capture",
                new OutputStream() {
                    @Override
                    public void write(int octet) throws IOException {
                        throw new IOException("No space left on device");
                    }
                },
                clock,
                () -> {});
        a.watch(failing.point("a/nic0"));

        Frames.send(pool, a, Frames.B, Frames.A);
        failing.turn();
        Frames.send(pool, a, Frames.B, Frames.A);

        assertThatThrownBy(failing::close).isInstanceOf(IOException.class).hasMessageContaining("No space");
        assertThat(pool.lent()).isZero();
    }
}

package cloison.hyperv.trace;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.TestPartition;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.machine.StepClock;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TraceTest {
    private static List<String> lines(TestPartition partition) {
        return partition.events().stream().map(event -> TraceLine.of(0, event)).toList();
    }

    @Test
    void registersAppearWithTheirNames() {
        TestPartition partition = new TestPartition();
        partition.wrmsr(0, Msr.SINT0 + 2, 0xF3);
        partition.rdmsr(0, Msr.TSC_FREQUENCY);
        partition.hypervisor().writeMsr(0, Msr.VP_INDEX, 1);
        partition.hypervisor().canReadMsr(0, 0x4000_00F0);
        partition.wrmsr(0, Msr.STIMER0_CONFIG + 3, 0);
        partition.wrmsr(0, Msr.CRASH_P0 + 1, 0);

        assertThat(lines(partition))
                .containsExactly(
                        "0.000000000 vp0 wrmsr SINT2 <- 0xf3",
                        "0.000000000 vp0 rdmsr TSC_FREQUENCY -> 0x3b9aca00",
                        "0.000000000 vp0 wrmsr VP_INDEX <- 0x1 #GP",
                        "0.000000000 vp0 rdmsr GUEST_IDLE #GP",
                        "0.000000000 vp0 wrmsr STIMER1_COUNT <- 0x0",
                        "0.000000000 vp0 wrmsr CRASH_P1 <- 0x0");
    }

    @Test
    void hypercallsAppearWithTheirNamesAndStatuses() {
        TestPartition partition = new TestPartition();
        partition.signalEvent(0x2005, 0);
        partition.hypervisor().hypercall(0, 4L | 3L << 32, 0x1000, 0x2000);
        partition.hypervisor().hypercall(0, 0x1_000B, 0x40, 1);
        partition.postMessage(100, 1, 1, new byte[4]);

        assertThat(lines(partition))
                .containsExactly(
                        "0.000000000 vp0 HvCallSignalEvent connection=0x2005 flag=0 -> invalid connection id",
                        "0.000000000 vp0 hypercall 0x0004 input@0x1000 output@0x2000 reps=3 -> invalid hypercall code",
                        "0.000000000 vp0 HvCallSendSyntheticClusterIpi fast 0x40 0x1 -> success",
                        "0.000000000 vp0 HvCallPostMessage input@0x64000 output@0x0 -> success");
    }

    @Test
    void messagesOfVmbusAppearDecoded() {
        GuestBus guest = new GuestBus();
        guest.vmbus().offer(new EchoDevice("echo", 1));
        guest.connect();
        guest.open(guest.offers().getFirst(), 2);

        assertThat(lines(guest.partition()))
                .anyMatch(line -> line.contains("vmbus guest->host InitiateContact[version=5.3, targetProcessor=0"))
                .anyMatch(line -> line.contains("vmbus host->guest vp0 VersionResponse[supported=true"))
                .anyMatch(line -> line.contains("OfferChannel[relid=1, class=d34b2567-b9b6-42b9-8778-0a4ec0b955bf"))
                .anyMatch(line -> line.contains("GpadlHeader[relid=1, gpadl=0xe1e10, ranges=1, byteCount=16384"))
                .anyMatch(line -> line.contains("OpenChannelResult[relid=1, openId=1, status=0]"));
    }

    @Test
    void aWriterWritesALineWithTheTime() {
        StepClock clock = new StepClock();
        clock.advance(12_000_000_345L);
        StringBuilder written = new StringBuilder();
        TraceWriter writer = new TraceWriter(written, clock);

        writer.event(new TraceEvent.MsrRead(1, Msr.EOM, 0));
        writer.event(new TraceEvent.MsrRefused(1, Msr.RESET));

        assertThat(writer.on()).isTrue();
        assertThat(written.toString())
                .isEqualTo("12.000000345 vp1 rdmsr EOM -> 0x0\n12.000000345 vp1 rdmsr RESET #GP\n");
    }

    @Test
    void aWriterThatCannotWriteStops() {
        IOException full = new IOException("no space left");
        TraceWriter writer = new TraceWriter(
                new Appendable() {
                    @Override
                    public Appendable append(CharSequence text) throws IOException {
                        throw full;
                    }

                    @Override
                    public Appendable append(CharSequence text, int start, int end) throws IOException {
                        throw full;
                    }

                    @Override
                    public Appendable append(char c) throws IOException {
                        throw full;
                    }
                },
                new StepClock());

        writer.event(new TraceEvent.MsrRead(1, Msr.EOM, 0));
        writer.event(new TraceEvent.MsrRead(1, Msr.EOM, 0));

        assertThat(writer.on()).isFalse();
        assertThat(writer.failure()).isSameAs(full);
        assertThat(Trace.OFF.on()).isFalse();
    }
}

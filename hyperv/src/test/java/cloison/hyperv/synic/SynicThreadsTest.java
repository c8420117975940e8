package cloison.hyperv.synic;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.page.OverlayRegister;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.time.ReferenceTime;
import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.StepClock;
import cloison.machine.agent.Doorbell;
import cloison.machine.interrupt.VectorSink;
import cloison.machine.memory.GuestPages;
import cloison.machine.wire.Wire;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Host threads post and signal while a guest's processor takes: nothing is lost, nothing is doubled, nobody
/// waits for an interrupt that does not come.
@Timeout(120)
final class SynicThreadsTest {
    private static final int SINT = 2;
    private static final int VECTOR = 0xF3;
    private static final int MESSAGES = 30_000;
    private static final int EVENTS = 30_000;
    private static final int SIGNALLERS = 3;

    private final GuestRam ram = new GuestRam(64, 2);
    private final Doorbell interrupt = new Doorbell();
    private final Doorbell room = new Doorbell();
    private final Synic synic = new Synic(
            new OverlayRegister(ram.memory(), 0),
            new OverlayRegister(ram.memory(), 1),
            new VectorSink() {
                @Override
                public void assertVector(int vector) {
                    interrupt.ring();
                }
            },
            new ReferenceTime(new StepClock(), ReferenceTime.NANOSECOND_TSC),
            4,
            true,
            room::ring);
    private final GuestPages messages = ram.memory().overlay(0);
    private final GuestPages flags = ram.memory().overlay(1);

    private void postAll() {
        for (int i = 0; i < MESSAGES; i++) {
            byte[] payload = new byte[4];
            Wire.put32(payload, 0, i);
            while (synic.post(SINT, 1, 0, payload) == HvStatus.INSUFFICIENT_BUFFERS) {
                room.await(Long.MAX_VALUE);
            }
        }
    }

    private int takeMessages() {
        int taken = 0;
        long slot = SINT * 256L;
        for (int type = messages.readAcquire(slot); type != 0; type = messages.readAcquire(slot)) {
            byte[] payload = new byte[4];
            messages.read(slot + 16, payload, 0, 4);
            assertThat(Wire.i32(payload, 0)).isEqualTo(received);
            received++;
            taken++;
            messages.compareAndExchange(slot, type, 0);
            if ((messages.readAcquire(slot + 4) & 0x100) != 0) {
                synic.write(Msr.EOM, 0);
            }
        }
        return taken;
    }

    private int received;

    @Test
    void messagesArriveAllAndInOrder() throws InterruptedException {
        synic.write(Msr.SIMP, 20 << 12 | 1);
        synic.write(Msr.SINT0 + SINT, VECTOR);
        synic.write(Msr.SCONTROL, 1);
        Thread poster = Thread.ofPlatform().daemon().start(this::postAll);

        int interrupts = 0;
        while (received < MESSAGES) {
            interrupt.await(Long.MAX_VALUE);
            takeMessages();
            if (++interrupts % 100 == 0) {
                synic.write(Msr.SIMP, 0);
                synic.write(Msr.SIMP, 20 << 12 | 1);
            }
        }
        poster.join();

        assertThat(takeMessages()).isZero();
    }

    @Test
    void everyEventIsSeenAfterItWasSignalled() throws InterruptedException {
        AtomicIntegerArray sent = new AtomicIntegerArray(SIGNALLERS);
        AtomicIntegerArray seen = new AtomicIntegerArray(SIGNALLERS);
        synic.write(Msr.SIEFP, 21 << 12 | 1);
        synic.write(Msr.SINT0 + SINT, VECTOR);
        synic.write(Msr.SCONTROL, 1);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < SIGNALLERS; i++) {
            int flag = i;
            threads.add(Thread.ofPlatform().daemon().start(() -> {
                for (int n = 0; n < EVENTS; n++) {
                    sent.incrementAndGet(flag);
                    synic.signal(SINT, flag);
                }
            }));
        }

        int interrupts = 0;
        while (seen.get(0) < EVENTS || seen.get(1) < EVENTS || seen.get(2) < EVENTS) {
            interrupt.await(Long.MAX_VALUE);
            if (++interrupts % 50 == 0) {
                synic.write(Msr.SINT0 + SINT, 1 << 16 | VECTOR);
                synic.write(Msr.SINT0 + SINT, VECTOR);
            }
            int bits = flags.readAcquire(SINT * 256L);
            while (flags.compareAndExchange(SINT * 256L, bits, 0) != bits) {
                bits = flags.readAcquire(SINT * 256L);
            }
            for (int flag = 0; flag < SIGNALLERS; flag++) {
                if ((bits >> flag & 1) != 0) {
                    seen.set(flag, sent.get(flag));
                }
            }
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(seen.get(0) + seen.get(1) + seen.get(2)).isEqualTo(SIGNALLERS * EVENTS);
    }
}

package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.vmbus.BusyDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestScript;
import cloison.machine.Choices;
import cloison.machine.Samples;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Scripts of what a guest does to its VMBus: control messages, shared pages, rings, signals, its SynIC. Nothing
/// throws out, what the guest has of the host stays within its limits, another partition is served as before, and
/// after a reset the partition itself is, too.
@Tag("fuzz")
class VmbusFuzzTest {
    private static final VmbusLimits LIMITS = new VmbusLimits(6, 5, 64, 4, 3);
    private static final int DEVICES = 3;
    private static final int PAGES = 320;
    private static final int SILENT = 1000;

    /// {@return what was counted before the partition started anew}
    private static Map<VmbusCounter, Long> check(byte[] script) {
        Choices choices = new Choices(script);
        TestPartition partition =
                new TestPartition(2, PAGES, HypervisorConfig.standard().with(LIMITS));
        BusyDevice[] devices = new BusyDevice[DEVICES];
        for (int i = 0; i < DEVICES; i++) {
            devices[i] = new BusyDevice("busy" + i, i);
            partition.hypervisor().vmbus().offer(devices[i]);
        }
        GuestBus bystander = new GuestBus(new TestPartition(1, PAGES, HypervisorConfig.standard()), 0);
        bystander.vmbus().offer(new BusyDevice("other", 1));
        bystander.connect();
        GuestBus.GuestChannel channel = bystander.open(bystander.offers().getFirst(), 3);

        GuestScript guest = new GuestScript(partition, choices);
        while (choices.more()) {
            guest.act();
            if (choices.once(32)) {
                addOrRemove(partition, devices[choices.below(DEVICES)], choices);
            }
            assertBounded(partition);
        }

        assertEchoes(bystander, channel);
        partition.settle();
        assertBounded(partition);
        assertThat(partition.misdeeds().size()).isLessThan(SILENT);
        Map<VmbusCounter, Long> counted =
                partition.hypervisor().vmbus().counters().values();
        assertStartsAnew(partition, devices);
        return counted;
    }

    private static void addOrRemove(TestPartition partition, BusyDevice device, Choices choices) {
        partition.hypervisor().vmbus().withdraw(device);
        if (choices.flag()) {
            partition.settle();
        }
        partition.hypervisor().vmbus().offer(device);
    }

    private static void assertBounded(TestPartition partition) {
        VmbusStatus status = partition.hypervisor().vmbus().status();
        assertThat(status.gpadls()).isBetween(0, LIMITS.gpadls());
        assertThat(status.gpadlPages()).isBetween(0, LIMITS.gpadlPages());
        assertThat(status.channels().size()).isLessThanOrEqualTo(LIMITS.channels());
        assertThat(status.waitingAnswers())
                .isLessThanOrEqualTo(LIMITS.waitingAnswers() + LIMITS.channels() + LIMITS.gpadls() + DEVICES + 1);
        assertThat(partition.threading().roles().size()).isLessThanOrEqualTo(1 + LIMITS.channels());
    }

    private static void assertStartsAnew(TestPartition partition, BusyDevice[] devices) {
        partition.hypervisor().reset();
        for (BusyDevice device : devices) {
            assertThat(device.running()).isZero();
            partition.hypervisor().vmbus().withdraw(device);
        }
        partition.settle();
        assertThat(partition.hypervisor().vmbus().status()).isEqualTo(VmbusStatus.UNCONNECTED);
        partition.hypervisor().vmbus().offer(new BusyDevice("new", 9));
        partition.apic(0).take();

        GuestBus guest = new GuestBus(partition, 0);
        guest.connect();
        List<?> offers = guest.offers();
        assertThat(offers).hasSize(1);
        assertEchoes(guest, guest.open(guest.offers().getFirst(), 3));
    }

    private static void assertEchoes(GuestBus guest, GuestBus.GuestChannel channel) {
        assertThat(channel.send(7, true, new byte[] {0, 1, 2, 3})).isTrue();
        guest.run();
        GuestPacket answer = channel.receive();
        assertThat(answer).isNotNull();
        assertThat(answer.transactionId()).isEqualTo(7);
        assertThat(answer.payload()).startsWith(0, 1, 2, 3);
    }

    @FuzzTest(maxDuration = "2m")
    void noGuestTakesMoreThanItsShare(byte[] script) {
        check(script);
    }

    @Test
    void noRandomGuestTakesMoreThanItsShare() {
        Map<VmbusCounter, Long> counted = new EnumMap<>(VmbusCounter.class);
        Samples.check(600, random -> {
            byte[] script = new byte[random.nextInt(3000)];
            random.nextBytes(script);
            check(script).forEach((counter, value) -> counted.merge(counter, value, Long::sum));
        });

        if (Long.getLong("cloison.seed") == null) {
            assertThat(counted)
                    .allSatisfy((counter, value) ->
                            assertThat(value).as("the scripts reach " + counter).isPositive());
        }
    }
}

package cloison.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.vm.config.BootSource;
import cloison.vm.config.EngineName;
import cloison.vm.config.LabPlan;
import cloison.vm.config.PartitionConfig;
import cloison.vm.run.Outcome;
import cloison.vm.run.Vm;
import cloison.vm.run.VmLab;
import cloison.vsp.heartbeat.GuestHealth;
import cloison.vsp.kvp.KvpAnswer;
import cloison.vsp.kvp.KvpItem;
import cloison.vsp.kvp.KvpPool;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.shutdown.ShutdownAnswer;
import cloison.vsp.shutdown.ShutdownRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a host asks of a stock guest's integration services, with the guest in this process.
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class IntegrationServicesTest {
    private static final long GLANCE_NANOS = 10_000_000;

    private final StringBuffer console = new StringBuffer();

    @Test
    void aStockGuestAnswersItsHost() throws Exception {
        try (VmLab lab = new VmLab(plan(), _ -> this::heard, _ -> {}, null, null)) {
            Vm guest = lab.machines().getFirst();
            guest.start();

            waitFor(guest.view().keyValues()::ready);
            keepsPairs(guest.view().keyValues());
            waitFor(() -> guest.view().health() == GuestHealth.ALIVE);
            CompletableFuture<ShutdownAnswer> asked =
                    guest.view().shutdown().request(new ShutdownRequest(ShutdownRequest.Action.POWER_OFF));

            assertThat(asked.get()).isEqualTo(new ShutdownAnswer.Accepted());
            assertThat(guest.await()).as(console::toString).isEqualTo(new Outcome.PoweredOff());
            assertThat(console).contains("reboot: Power down");
        }
    }

    private static void keepsPairs(KvpVsp guest) throws Exception {
        String value = "über ".repeat(100);
        assertThat(guest.write("colour", "blue").get()).isEqualTo(new KvpAnswer.Done());
        assertThat(guest.write("story", value).get()).isEqualTo(new KvpAnswer.Done());

        assertThat(guest.enumerate(KvpPool.EXTERNAL).get())
                .isEqualTo(
                        new KvpAnswer.Items(List.of(new KvpItem("colour", "blue"), new KvpItem("story", value)), true));
        assertThat(guest.read(KvpPool.EXTERNAL, "story").get()).isEqualTo(items("story", value));
        assertThat(guest.read(KvpPool.EXTERNAL, "colour").get()).isEqualTo(items("colour", "blue"));
        assertThat(guest.read(KvpPool.AUTO, "ProcessorArchitecture").get())
                .isEqualTo(items("ProcessorArchitecture", "x86_64"));

        assertThat(guest.delete("colour").get()).isEqualTo(new KvpAnswer.Done());
        assertThat(guest.delete("colour").get()).isEqualTo(new KvpAnswer.NotFound());
        assertThat(guest.read(KvpPool.EXTERNAL, "colour").get()).isEqualTo(new KvpAnswer.NotFound());
    }

    private static KvpAnswer items(String key, String value) {
        return new KvpAnswer.Items(List.of(new KvpItem(key, value)), true);
    }

    private boolean heard(int value) {
        console.append((char) value);
        return true;
    }

    /// Looks now and then; the test's time-out ends what never comes.
    private static void waitFor(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(GLANCE_NANOS);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
    }

    private static LabPlan plan() {
        Guest guest = Guest.of(Guest.CLOUD);
        PartitionConfig partition = new PartitionConfig(
                "web",
                256 * PartitionConfig.MIB,
                1,
                EngineName.of("auto"),
                new BootSource(Path.of(guest.kernel()), Path.of(guest.initrd()), "console=ttyS0 panic=-1"),
                List.of(),
                true,
                null);
        return new LabPlan("lab", List.of(), List.of(partition));
    }
}

package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestBus;
import cloison.hyperv.vmbus.GuestPacket;
import org.junit.jupiter.api.Test;

final class VmbusServerTest {
    private final GuestBus guest = new GuestBus();
    private final EchoDevice echo = new EchoDevice("echo", 1);

    @Test
    void aGuestConnectsOpensSendsAndUnloads() {
        guest.vmbus().offer(echo);
        guest.connect();
        GuestBus.GuestChannel channel = guest.open(guest.offers().getFirst(), 4);
        channel.send(7, true, new byte[] {1, 2, 3});
        guest.run();

        GuestPacket answer = channel.receive();
        assertThat(answer.transactionId()).isEqualTo(7);
        assertThat(answer.payload()).startsWith(1, 2, 3);
        assertThat(channel.takeEvents()).isEqualTo(1);

        channel.close();
        guest.unload();

        assertThat(guest.vmbus().status()).isEqualTo(VmbusStatus.UNCONNECTED);
        assertThat(guest.partition().misdeeds()).isEmpty();
    }
}

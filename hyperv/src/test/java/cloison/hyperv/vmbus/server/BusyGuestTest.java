package cloison.hyperv.vmbus.server;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.guest.GuestEvents;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.trace.Trace;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.vmbus.ChannelPair;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.EchoDevice;
import cloison.hyperv.vmbus.GuestMessages;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.ring.RingChannel;
import cloison.machine.agent.Doorbell;
import cloison.machine.agent.SteppedThreading;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A guest that gives its host something new to do as fast as the host does it: turns end all the same.
final class BusyGuestTest {
    private static final VmbusLimits LIMITS = new VmbusLimits(4, 4, 100, 8, 8);

    /// A guest that posts the next message while the last one is served, on another processor as it were.
    private static final class Poster implements Trace, GuestPort {
        private final List<TraceEvent> served = new ArrayList<>();
        private final VmbusServer server = new VmbusServer(
                new VmbusServer.Wiring(
                        "test",
                        new GuestRam(32, 0).memory(),
                        this,
                        new SteppedThreading(),
                        this,
                        GuestEvents.IGNORED,
                        broken -> {
                            throw new AssertionError(broken);
                        }),
                LIMITS);

        private int post() {
            byte[] message = GuestMessages.closeChannel(1);
            return server.postMessage(1, VmbusServer.MESSAGE_TYPE, message, 0, message.length);
        }

        @Override
        public boolean on() {
            return true;
        }

        @Override
        public void event(TraceEvent event) {
            served.add(event);
            assertThat(served).hasSizeLessThan(1000);
            assertThat(post()).isEqualTo(HvStatus.SUCCESS);
        }

        @Override
        public int processors() {
            return 1;
        }

        @Override
        public boolean post(int vp, int sint, byte[] payload) {
            return true;
        }

        @Override
        public void discard(int vp, int sint) {}

        @Override
        public void signal(int vp, int sint, int flag) {}
    }

    @Test
    void aGuestThatPostsWithoutEndDoesNotKeepTheBusFromItsHost() {
        Poster guest = new Poster();
        guest.post();

        assertThat(guest.server.turn()).isEqualTo(LIMITS.waitingMessages());

        guest.server.offer(new EchoDevice("echo", 1));
        assertThat(guest.server.turn()).isEqualTo(1 + LIMITS.waitingMessages());
        assertThat(guest.served).hasSize(2 * LIMITS.waitingMessages());
    }

    @Test
    void aGuestThatTakesPagesBackWithoutEndDoesNotKeepItsChannel() {
        List<Integer> revoked = new ArrayList<>();
        ChannelTask task = new ChannelTask() {
            @Override
            public int turn() {
                return 0;
            }

            @Override
            public void revoked(int gpadl) {
                assertThat(revoked).hasSizeLessThan(1000);
                revoked.add(gpadl);
            }

            @Override
            public void closed() {}
        };
        RingChannel rings = (RingChannel) new ChannelPair(new GuestRam(64, 0), 2).channel();
        ChannelAgent agent = new ChannelAgent("test/echo", rings, task, new Doorbell());
        Runnable[] again = new Runnable[1];
        again[0] = () -> agent.revoke(revoked.size(), again[0]);
        agent.revoke(0, again[0]);

        assertThat(agent.turn()).isEqualTo(1);
        assertThat(agent.turn()).isEqualTo(1);

        assertThat(revoked).containsExactly(0, 1);
    }
}

package cloison.hyperv.vmbus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.memory.GuestPages;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The moments at which host and guest may miss each other, each run over and over with both sides at once: one
/// stores and looks whether the other sleeps, while the other says that it will sleep and looks once more. At least
/// one of them must see the other; that needs the barriers between the stores and the looks.
@Timeout(60)
final class RingRacesTest {
    private static final int ROUNDS = 50_000;
    private static final int HOST_DELAYS = 8;
    private static final int GUEST_DELAYS = 64;
    private static final int SPINS = 1_000;
    private static final byte[] PAYLOAD = new byte[8];

    private final GuestRam ram = new GuestRam(32, 0);
    private final GuestPages pages = ram.pages(ram.allocate(4), 4);
    private final GuestRings guest = new GuestRings(pages, 2);
    private final IncomingRing incoming = new IncomingRing(pages.slice(0, 2));
    private final OutgoingRing outgoing = new OutgoingRing(pages.slice(2, 2));
    private final Packet packet = new Packet();

    /// Lets both act at the same time, round by round.
    ///
    /// @param host {@return whether it sees the guest}
    /// @param other the guest: whether it sees the host
    /// @param between puts everything back, while both stand still
    private static void race(BooleanSupplier host, BooleanSupplier other, Runnable between)
            throws InterruptedException {
        AtomicInteger start = new AtomicInteger();
        AtomicInteger end = new AtomicInteger();
        boolean[] seen = new boolean[1];
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            for (int round = 1; round <= ROUNDS; round++) {
                await(start, round);
                delay(round / HOST_DELAYS % GUEST_DELAYS);
                seen[0] = other.getAsBoolean();
                end.set(round);
            }
        });
        int missed = 0;
        for (int round = 1; round <= ROUNDS; round++) {
            start.set(round);
            delay(round % HOST_DELAYS);
            boolean hostSaw = host.getAsBoolean();
            await(end, round);
            missed += hostSaw || seen[0] ? 0 : 1;
            between.run();
        }
        thread.join();
        assertThat(missed).isZero();
    }

    /// The two need not take equally long to where they may miss each other: delays of all lengths make them meet.
    private static void delay(int spins) {
        for (int i = spins; i > 0; i--) {
            Thread.onSpinWait();
        }
    }

    private static void await(AtomicInteger counter, int value) {
        for (int spins = 0; counter.get() != value; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    @Test
    void aGuestThatUnmasksIsSignalledOrSeesThePacket() throws InterruptedException {
        guest.mask(true);
        outgoing.write(Packet.IN_BAND, 0, 1, PAYLOAD, 0, 8);
        race(
                outgoing::publish,
                () -> {
                    guest.mask(false);
                    return guest.readable();
                },
                () -> {
                    guest.receive();
                    guest.mask(true);
                    outgoing.write(Packet.IN_BAND, 0, 1, PAYLOAD, 0, 8);
                });
    }

    @Test
    void aHostThatUnmasksIsSignalledOrSeesThePacket() throws InterruptedException {
        incoming.mask();
        incoming.read(packet);
        race(
                incoming::unmask,
                () -> {
                    guest.send(Packet.IN_BAND, false, 1, new byte[0], PAYLOAD);
                    return guest.takeSignal();
                },
                () -> {
                    incoming.mask();
                    while (incoming.read(packet)) {
                        guest.takeSignal();
                    }
                });
    }

    @Test
    void aHostThatWaitsForRoomIsSignalledOrSeesTheRoom() throws InterruptedException {
        fill();
        race(
                () -> outgoing.write(Packet.IN_BAND, 0, 1, PAYLOAD, 0, 8),
                () -> {
                    guest.receive();
                    return guest.takeSignal();
                },
                this::fill);
    }

    private void fill() {
        boolean room = true;
        while (room) {
            room = outgoing.write(Packet.IN_BAND, 0, 1, PAYLOAD, 0, 8);
        }
        outgoing.publish();
        toGuestNotWaited();
    }

    /// The host has not asked yet: it asks in the race.
    private void toGuestNotWaited() {
        guest.toGuest().writeRelease(RingLayout.PENDING_SEND_SIZE, 0);
        guest.takeSignal();
    }

    @Test
    void aGuestThatWaitsForRoomIsSignalledOrSeesTheRoom() throws InterruptedException {
        int size = RingLayout.DESCRIPTOR_SIZE + 8 + RingLayout.TRAILER_SIZE;
        while (guest.send(Packet.IN_BAND, false, 1, new byte[0], PAYLOAD)) {
            guest.takeSignal();
        }
        race(
                () -> {
                    incoming.read(packet);
                    incoming.publish();
                    return incoming.takeWriterWaited();
                },
                () -> {
                    guest.waitForRoom(size);
                    return guest.freeInToHost() > size;
                },
                () -> {
                    guest.waitForRoom(0);
                    guest.send(Packet.IN_BAND, false, 1, new byte[0], PAYLOAD);
                });
    }
}

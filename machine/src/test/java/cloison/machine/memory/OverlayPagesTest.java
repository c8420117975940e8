package cloison.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class OverlayPagesTest {
    private static final long RAM = 8 * GuestMemory.PAGE_SIZE;

    private final GuestMemory memory =
            new GuestMemory(Arena.ofAuto().allocate(GuestMemory.storeSize(RAM, 2), 4096), RAM, 2);

    @Test
    void aSparePageIsReachableBeforeAndWhileItIsMapped() {
        GuestPages spare = memory.overlay(1);
        spare.writeRelease(8, 0x1234);
        memory.mapOverlay(1, 3);
        byte[] seen = new byte[4];

        assertThat(memory.read(3 * 4096 + 8, seen, 0, 4)).isTrue();
        assertThat(seen).containsExactly(0x34, 0x12, 0, 0);

        memory.unmapOverlay(1);
        assertThat(memory.read(3 * 4096 + 8, seen, 0, 4)).isTrue();
        assertThat(seen).containsOnly(0);
        assertThat(spare.readAcquire(8)).isEqualTo(0x1234);
    }

    @Test
    void aSparePageThatDoesNotExistIsRefused() {
        assertThatThrownBy(() -> memory.overlay(2)).hasMessageContaining("no spare page 2");
    }
}

package cloison.linux.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloison.linux.HostException;
import cloison.linux.sys.Platform;
import cloison.machine.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
    private static final long MIB = 1 << 20;

    @Test
    void newMemoryIsZeroAndKeepsWhatIsStored() {
        try (HostMemory memory = HostMemory.allocate(3 * MIB + 1)) {
            MemorySegment segment = memory.segment();

            assertThat(segment.byteSize()).isEqualTo(3 * MIB + 4096);
            assertThat(segment.mismatch(MemorySegment.ofArray(new byte[(int) segment.byteSize()])))
                    .isEqualTo(-1);
            segment.set(ValueLayout.JAVA_LONG, 2 * MIB, 42);
            assertThat(segment.get(ValueLayout.JAVA_LONG, 2 * MIB)).isEqualTo(42);
        }
    }

    @Test
    void onLinuxItIsAMemoryFileAndElsewhereItSaysWhyNot() {
        try (HostMemory memory = HostMemory.allocate(MIB)) {
            assertThat(memory.shared()).isEqualTo(Platform.LINUX_X86_64);
            assertThat(memory.kind()).contains(Platform.LINUX_X86_64 ? "memory file" : "because");
        }
    }

    @Test
    void plainMemoryServesAsWell() {
        try (HostMemory memory = HostMemory.plain(MIB, "a test asked for it")) {
            memory.segment().set(ValueLayout.JAVA_BYTE, 5000, (byte) 1);

            memory.discard(4096, 4096);

            assertThat(memory.shared()).isFalse();
            assertThat(memory.kind()).endsWith("because a test asked for it");
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 5000)).isZero();
        }
    }

    @Test
    void discardedPagesReadZeroAndTheirNeighboursStay() {
        try (HostMemory memory = HostMemory.allocate(MIB)) {
            memory.segment().fill((byte) 7);

            memory.discard(8192, 4096);

            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 8191)).isEqualTo((byte) 7);
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 8192)).isZero();
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 12287)).isZero();
            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 12288)).isEqualTo((byte) 7);
        }
    }

    @Test
    void aSegmentOfClosedMemoryRefusesAccess() {
        HostMemory memory = HostMemory.allocate(MIB);
        MemorySegment segment = memory.segment();

        memory.close();

        assertThatThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aLargeGuestCostsNothingUntilTouched() {
        try (HostMemory memory = HostMemory.allocate(1L << 40)) {
            memory.segment().set(ValueLayout.JAVA_BYTE, (1L << 40) - 1, (byte) 1);

            assertThat(memory.segment().get(ValueLayout.JAVA_BYTE, 1L << 39)).isZero();
        } catch (HostException refused) {
            assertThat(refused).hasMessageContaining("give the guest less memory");
        }
    }

    @Test
    void moreThanTheHostCanMapIsRefusedWithTheWayOut() {
        assertThatThrownBy(() -> HostMemory.allocate(1L << 60))
                .isInstanceOf(HostException.class)
                .hasMessageContaining("give the guest less memory");
    }

    @Test
    void itCarriesGuestMemory() {
        try (HostMemory host = HostMemory.allocate(GuestMemory.storeSize(2 * MIB, 1))) {
            GuestMemory memory = new GuestMemory(host.segment(), 2 * MIB, 1);

            assertThat(memory.write(MIB, new byte[] {1, 2, 3}, 0, 3)).isTrue();

            assertThat(host.segment().get(ValueLayout.JAVA_BYTE, MIB + 2)).isEqualTo((byte) 3);
        }
    }
}

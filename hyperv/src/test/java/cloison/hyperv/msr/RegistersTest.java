package cloison.hyperv.msr;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.HypervisorConfig;
import cloison.hyperv.TestPartition;
import cloison.hyperv.guest.CrashReport;
import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.protocol.Msr;
import cloison.machine.wire.Wire;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RegistersTest {
    private static final long LINUX = 0x8100_0006_01C0_0000L;
    private static final long PAGE = 100;

    private final TestPartition partition = new TestPartition(2, HypervisorConfig.standard());

    private static TestPartition partition(Features features) {
        return new TestPartition(1, HypervisorConfig.standard().with(features));
    }

    private byte[] page() {
        return partition.ram().read(PAGE << 12, 4096);
    }

    private boolean write(int index, long value) {
        return partition.hypervisor().writeMsr(0, index, value);
    }

    // identity and hypercall page

    @Test
    void theHypercallPageIsCodeOverTheGuestsPage() {
        partition.ram().write(PAGE << 12, new byte[] {1, 2, 3});
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        partition.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 1);

        assertThat(partition.hypervisor().hypercallsEnabled()).isTrue();
        assertThat(partition.rdmsr(1, Msr.HYPERCALL)).isEqualTo(PAGE << 12 | 1);
        assertThat(page()).startsWith(0xF3, 0x0F, 0x1E, 0xFA, 0x0F, 0x01, 0xC1, 0xC3, 0xCC);

        partition.wrmsr(0, Msr.HYPERCALL, 0);
        assertThat(page()).startsWith(1, 2, 3);
        assertThat(partition.hypervisor().hypercallsEnabled()).isFalse();
    }

    @Test
    void nobodyWritesToTheHypercallPage() {
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        partition.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 1);
        byte[] before = page();

        long offset = partition.memory().offsetOf(PAGE << 12);
        assertThat(partition.memory().readOnly(offset)).isTrue();
        assertThat(partition.memory().write(PAGE << 12, new byte[64], 0, 64)).isFalse();
        assertThat(page()).isEqualTo(before);

        partition.wrmsr(0, Msr.REFERENCE_TSC, (PAGE + 1) << 12 | 1);
        assertThat(partition.memory().readOnly(partition.memory().offsetOf((PAGE + 1) << 12)))
                .isFalse();
    }

    @Test
    void anUnidentifiedGuestGetsNoHypercallPage() {
        partition.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 1);

        assertThat(partition.rdmsr(0, Msr.HYPERCALL)).isEqualTo(PAGE << 12);
        assertThat(partition.hypervisor().hypercallsEnabled()).isFalse();
        assertThat(page()).containsOnly(0);
    }

    @Test
    void aGuestThatTakesItsIdentityBackLosesThePage() {
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        partition.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 1);

        partition.wrmsr(1, Msr.GUEST_OS_ID, 0);

        assertThat(partition.hypervisor().hypercallsEnabled()).isFalse();
        assertThat(partition.rdmsr(0, Msr.HYPERCALL)).isEqualTo(PAGE << 12);
        assertThat(page()).containsOnly(0);
    }

    @Test
    void aLockedHypercallPageStaysUntilTheReset() {
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        partition.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 3);

        assertThat(write(Msr.HYPERCALL, (PAGE + 1) << 12 | 3)).isFalse();
        assertThat(write(Msr.HYPERCALL, 0)).isFalse();
        assertThat(partition.rdmsr(0, Msr.HYPERCALL)).isEqualTo(PAGE << 12 | 3);
        assertThat(page()).startsWith(0xF3, 0x0F);

        partition.wrmsr(0, Msr.GUEST_OS_ID, 0);
        assertThat(partition.rdmsr(0, Msr.HYPERCALL)).isEqualTo(PAGE << 12 | 2);
        assertThat(partition.hypervisor().hypercallsEnabled()).isFalse();

        partition.hypervisor().reset();
        assertThat(write(Msr.HYPERCALL, 0)).isTrue();
    }

    @Test
    void aPageThatCannotBeLockedMoves() {
        TestPartition unlockable = partition(Features.standard().without(Feature.HYPERCALL_LOCK));
        unlockable.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        unlockable.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 3);

        unlockable.wrmsr(0, Msr.HYPERCALL, (PAGE + 1) << 12 | 1);

        assertThat(unlockable.rdmsr(0, Msr.HYPERCALL)).isEqualTo((PAGE + 1) << 12 | 1);
    }

    @Test
    void aHypercallPageOutsideTheAddressSpaceIsAFault() {
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);

        assertThat(write(Msr.HYPERCALL, 1L << 52 | 1)).isFalse();
        assertThat(write(Msr.HYPERCALL, -1L)).isFalse();
        assertThat(partition.rdmsr(0, Msr.HYPERCALL)).isZero();
    }

    @Test
    void thePageMayLieWhereThereIsNoRam() {
        long beyond = 0xC000_0000L;
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        partition.wrmsr(0, Msr.HYPERCALL, beyond | 1);

        assertThat(partition.ram().read(beyond, 2)).containsExactly(0xF3, 0x0F);
    }

    // time

    @Test
    void pageAndRegisterTellTheSameTime() {
        TestPartition fast = new TestPartition(
                1,
                new HypervisorConfig(
                        Features.standard(),
                        2_893_202_000L,
                        1_000_000,
                        16,
                        HypervisorConfig.standard().vmbus()));
        fast.wrmsr(0, Msr.REFERENCE_TSC, PAGE << 12 | 1);
        for (int i = 0; i < 1000; i++) {
            fast.advance(1_234_567);
            byte[] formula = fast.ram().read(PAGE << 12, 24);
            assertThat(Wire.u32(formula, 0)).isEqualTo(1);
            long computed = Math.unsignedMultiplyHigh(fast.hypervisor().timeStamp(), Wire.u64(formula, 8))
                    + Wire.u64(formula, 16);

            assertThat(fast.rdmsr(0, Msr.TIME_REF_COUNT)).isEqualTo(computed);
        }
        assertThat(fast.rdmsr(0, Msr.TSC_FREQUENCY)).isEqualTo(2_893_202_000L);
        assertThat(fast.rdmsr(0, Msr.APIC_FREQUENCY)).isEqualTo(1_000_000);
    }

    @Test
    void theReferencePageMayBePlacedBeforeTheGuestSaysWhoItIs() {
        partition.wrmsr(0, Msr.REFERENCE_TSC, PAGE << 12 | 0xABE | 1);

        assertThat(partition.rdmsr(1, Msr.REFERENCE_TSC)).isEqualTo(PAGE << 12 | 0xABF);
        assertThat(Wire.u32(page(), 0)).isEqualTo(1);

        partition.wrmsr(0, Msr.REFERENCE_TSC, 0);
        assertThat(page()).containsOnly(0);
    }

    @Test
    void aReferencePageOutsideTheAddressSpaceIsNowhere() {
        assertThat(write(Msr.REFERENCE_TSC, -1L)).isTrue();
        assertThat(partition.rdmsr(0, Msr.REFERENCE_TSC)).isEqualTo(-1L);
    }

    @ParameterizedTest
    @ValueSource(ints = {Msr.TIME_REF_COUNT, Msr.TSC_FREQUENCY, Msr.APIC_FREQUENCY, Msr.VP_INDEX, Msr.SVERSION})
    void readOnlyRegistersFaultOnWrites(int index) {
        assertThat(partition.hypervisor().canReadMsr(0, index)).isTrue();
        assertThat(write(index, 0)).isFalse();
    }

    @Test
    void anInvariantCounterIsPromisedOnRequest() {
        TestPartition with = partition(Features.standard().with(Feature.INVARIANT_TSC));

        with.wrmsr(0, Msr.TSC_INVARIANT_CONTROL, 1);
        assertThat(with.rdmsr(0, Msr.TSC_INVARIANT_CONTROL)).isEqualTo(1);
        assertThat(with.hypervisor().writeMsr(0, Msr.TSC_INVARIANT_CONTROL, 2)).isFalse();
    }

    // processors

    @Test
    void eachProcessorHasItsNumberAndItsAssistPage() {
        assertThat(partition.rdmsr(0, Msr.VP_INDEX)).isZero();
        assertThat(partition.rdmsr(1, Msr.VP_INDEX)).isEqualTo(1);

        partition.ram().write(PAGE << 12, new byte[] {5});
        partition.wrmsr(1, Msr.VP_ASSIST_PAGE, PAGE << 12 | 1);

        assertThat(partition.rdmsr(0, Msr.VP_ASSIST_PAGE)).isZero();
        assertThat(partition.rdmsr(1, Msr.VP_ASSIST_PAGE)).isEqualTo(PAGE << 12 | 1);
        assertThat(page()).containsOnly(0);
    }

    @Test
    void aProcessorReadsItselfToSleep() {
        Features features = Features.standard().with(Feature.GUEST_IDLE);
        TestPartition with = new TestPartition(2, HypervisorConfig.standard().with(features));

        assertThat(with.rdmsr(1, Msr.GUEST_IDLE)).isZero();

        assertThat(with.asked()).containsExactly("idle 1");
        assertThat(with.hypervisor().writeMsr(1, Msr.GUEST_IDLE, 0)).isFalse();
    }

    @Test
    void resetPutsAllRegistersBack() {
        partition.wrmsr(0, Msr.GUEST_OS_ID, LINUX);
        partition.wrmsr(0, Msr.HYPERCALL, PAGE << 12 | 1);
        partition.wrmsr(0, Msr.REFERENCE_TSC, PAGE + 1 << 12 | 1);
        partition.wrmsr(0, Msr.VP_ASSIST_PAGE, PAGE + 2 << 12 | 1);
        partition.wrmsr(1, Msr.SIMP, PAGE + 3 << 12 | 1);
        partition.wrmsr(1, Msr.SIEFP, PAGE + 4 << 12 | 1);
        partition.wrmsr(1, Msr.SCONTROL, 1);
        partition.wrmsr(1, Msr.SINT0 + 3, 0x33);
        partition.wrmsr(1, Msr.STIMER0_CONFIG + 1, 77);
        partition.wrmsr(1, Msr.STIMER0_CONFIG, 0x1ED9);
        partition.wrmsr(1, Msr.CRASH_P0, 9);

        partition.hypervisor().reset();

        for (int vp = 0; vp < 2; vp++) {
            for (int index = Msr.GUEST_OS_ID; index < Msr.CRASH_CTL; index++) {
                if (partition.hypervisor().canReadMsr(vp, index)) {
                    long expected = switch (index) {
                        case Msr.VP_INDEX -> vp;
                        case Msr.TSC_FREQUENCY -> 1_000_000_000L;
                        case Msr.APIC_FREQUENCY -> 200_000_000L;
                        case Msr.SVERSION -> 1;
                        default -> index >= Msr.SINT0 && index <= Msr.SINT15 ? 0x1_0000 : 0;
                    };
                    assertThat(partition.rdmsr(vp, index)).as(Msr.text(index)).isEqualTo(expected);
                }
            }
        }
        for (long page = PAGE; page < PAGE + 5; page++) {
            assertThat(partition.ram().read(page << 12, 4096)).containsOnly(0);
        }
    }

    // what is not offered

    @ParameterizedTest
    @ValueSource(
            ints = {
                Msr.RESET,
                Msr.TSC_INVARIANT_CONTROL,
                0x4000_0004,
                0x4000_0010,
                0x4000_0024,
                0x4000_0070,
                0x4000_0085,
                0x4000_008F,
                0x4000_00A0,
                0x4000_00AF,
                0x4000_00B8,
                0x4000_00F0,
                0x4000_00FF,
                0x4000_0106,
                0x4000_1080,
                0x10,
                -1
            })
    void unknownRegistersFault(int index) {
        assertThat(partition.hypervisor().canReadMsr(0, index)).isFalse();
        assertThat(write(index, 0)).isFalse();
    }

    @Test
    void registersGoWithTheirFeatures() {
        Map<Feature, Set<Integer>> registers = new EnumMap<>(Map.of(
                Feature.HYPERCALLS, Set.of(Msr.GUEST_OS_ID, Msr.HYPERCALL),
                Feature.VP_INDEX, Set.of(Msr.VP_INDEX),
                Feature.RESET, Set.of(Msr.RESET),
                Feature.REFERENCE_COUNTER, Set.of(Msr.TIME_REF_COUNT),
                Feature.REFERENCE_TSC, Set.of(Msr.REFERENCE_TSC),
                Feature.FREQUENCIES, Set.of(Msr.TSC_FREQUENCY, Msr.APIC_FREQUENCY),
                Feature.SYNIC, Set.of(Msr.SCONTROL, Msr.SVERSION, Msr.SIEFP, Msr.SIMP, Msr.EOM, Msr.SINT0, Msr.SINT15),
                Feature.SYNTHETIC_TIMERS, Set.of(Msr.STIMER0_CONFIG, Msr.STIMER3_COUNT),
                Feature.INVARIANT_TSC, Set.of(Msr.TSC_INVARIANT_CONTROL),
                Feature.CRASH_REPORTS, Set.of(Msr.CRASH_P0, Msr.CRASH_P4, Msr.CRASH_CTL)));
        registers.put(Feature.GUEST_IDLE, Set.of(Msr.GUEST_IDLE));
        Features all = new Features(Set.of(Feature.values()));

        registers.forEach((feature, indices) -> {
            TestPartition with = partition(all);
            TestPartition without = partition(all.without(feature));
            for (int index : indices) {
                assertThat(with.hypervisor().canReadMsr(0, index))
                        .as(Msr.text(index))
                        .isTrue();
                assertThat(without.hypervisor().canReadMsr(0, index))
                        .as(Msr.text(index))
                        .isFalse();
            }
        });
    }

    @Test
    void whereSourcesCannotBePolledTheBitMeansNothing() {
        for (boolean can : new boolean[] {true, false}) {
            Features standard = Features.standard();
            TestPartition one = partition(can ? standard : standard.without(Feature.SINT_POLLING));
            one.wrmsr(0, Msr.SIMP, PAGE << 12 | 1);
            one.wrmsr(0, Msr.SCONTROL, 1);
            one.wrmsr(0, Msr.SINT0 + 3, 1 << 18 | 0x40);

            one.wrmsr(0, Msr.STIMER0_CONFIG, 3 << 16 | 1 << 3);
            one.wrmsr(0, Msr.STIMER0_CONFIG + 1, 1);
            one.advance(1_000);

            assertThat(one.ram().read((PAGE << 12) + 3 * 256, 4)).containsExactly(0x10, 0, 0, 0x80);
            assertThat(one.rdmsr(0, Msr.SINT0 + 3)).isEqualTo(1 << 18 | 0x40);
            assertThat(one.apic(0).take()).isEqualTo(can ? List.of() : List.of(0x40));
        }
    }

    // crash and reset

    @Test
    void aCrashIsReportedWithItsParameters() {
        for (int i = 0; i < 5; i++) {
            partition.wrmsr(0, Msr.CRASH_P0 + i, 10 + i);
        }
        assertThat(partition.rdmsr(0, Msr.CRASH_CTL)).isEqualTo(3L << 62);
        assertThat(partition.crashes()).isEmpty();

        partition.wrmsr(0, Msr.CRASH_CTL, 1L << 63);

        assertThat(partition.crashes()).containsExactly(new CrashReport(10, 11, 12, 13, 14, null));
        assertThat(partition.rdmsr(1, Msr.CRASH_P4)).isEqualTo(14);
    }

    @Test
    void aCrashComesWithItsTextEvenAcrossPages() {
        byte[] text = "<0>[ 1.0] Kernel panic - not syncing: \u00fcber\n\u0007\u001b[31mred\0\0"
                .getBytes(StandardCharsets.UTF_8);
        long gpa = (PAGE << 12) - 20;
        partition.ram().write(gpa, text);
        partition.wrmsr(0, Msr.CRASH_P0 + 3, gpa);
        partition.wrmsr(0, Msr.CRASH_P4, text.length);

        partition.wrmsr(0, Msr.CRASH_CTL, 3L << 62);

        assertThat(partition.crashes().getFirst().text())
                .isEqualTo("<0>[ 1.0] Kernel panic - not syncing: \u00fcber\n[31mred");
        assertThat(partition.crashes().getFirst().toString()).contains("P0=0x0", "Kernel panic");
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0x7FFF_FFFF_FFFF_FFFFL, 0xC000_0000L, Long.MIN_VALUE})
    void aTextThatIsNotInMemoryIsSaidToBe(long gpa) {
        partition.wrmsr(0, Msr.CRASH_P0 + 3, gpa);
        partition.wrmsr(0, Msr.CRASH_P4, 100);

        partition.wrmsr(0, Msr.CRASH_CTL, 3L << 62);

        assertThat(partition.crashes().getFirst().text()).contains("not in memory");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32})
    void aTextOfAnyLengthIsCutToAPage(long length) {
        partition.wrmsr(0, Msr.CRASH_P0 + 3, PAGE << 12);
        partition.wrmsr(0, Msr.CRASH_P4, length);

        partition.wrmsr(0, Msr.CRASH_CTL, 3L << 62);

        assertThat(partition.crashes().getFirst().text()).isEmpty();
    }

    @Test
    void aCrashThatIsNotToBeNotedIsNot() {
        partition.wrmsr(0, Msr.CRASH_CTL, 1L << 62);

        assertThat(partition.crashes()).isEmpty();
    }

    @Test
    void aGuestResetsItsPartitionWhereItMay() {
        TestPartition with = partition(Features.standard().with(Feature.RESET));

        with.wrmsr(0, Msr.RESET, 0);
        assertThat(with.resets()).isZero();
        with.wrmsr(0, Msr.RESET, 1);

        assertThat(with.resets()).isEqualTo(1);
        assertThat(with.rdmsr(0, Msr.RESET)).isZero();
    }
}

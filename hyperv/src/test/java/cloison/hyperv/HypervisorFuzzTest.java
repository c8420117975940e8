package cloison.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.guest.CrashReport;
import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import cloison.hyperv.protocol.HvStatus;
import cloison.hyperv.protocol.HypercallCode;
import cloison.hyperv.protocol.Msr;
import cloison.hyperv.trace.TraceEvent;
import cloison.hyperv.trace.TraceLine;
import cloison.hyperv.vmbus.server.VmbusLimits;
import cloison.machine.Choices;
import cloison.machine.Samples;
import cloison.machine.memory.GuestMemory;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Scripts of hypercalls, synthetic registers, CPUID leaves, and writes to the pages that hypervisor and guest
/// share, with time passing: nothing throws out, hypercalls say only what the reference page lists, registers read
/// back what they may, and a neighbour notices nothing.
@Tag("fuzz")
class HypervisorFuzzTest {
    private static final int PROCESSORS = 2;
    private static final int PAGES = 64;
    private static final long PAGE = GuestMemory.PAGE_SIZE;
    private static final VmbusLimits LIMITS = new VmbusLimits(4, 4, 64, 2, 2);
    private static final Set<Integer> STATUSES = Set.of(
            HvStatus.SUCCESS,
            HvStatus.INVALID_HYPERCALL_CODE,
            HvStatus.INVALID_HYPERCALL_INPUT,
            HvStatus.INVALID_ALIGNMENT,
            HvStatus.INVALID_PARAMETER,
            HvStatus.ACCESS_DENIED,
            HvStatus.INVALID_CONNECTION_ID,
            HvStatus.INSUFFICIENT_BUFFERS);

    /// A guest that follows a script.
    private static final class Script {
        private final Choices choices;
        private final TestPartition partition;
        private final HypervisorInterface hypervisor;
        private final Set<Integer> statuses;

        private Script(TestPartition partition, Choices choices, Set<Integer> statuses) {
            this.partition = partition;
            this.choices = choices;
            this.statuses = statuses;
            hypervisor = partition.hypervisor();
        }

        private void act() {
            int vp = choices.below(PROCESSORS);
            switch (choices.below(13)) {
                case 0, 1, 2 -> hypercall(vp);
                case 3, 4, 5 -> write(vp);
                case 6 -> read(vp, msr());
                case 7 -> store();
                case 8 -> partition.advance(choices.flag() ? choices.below(1 << 20) : choices.wide() & 0xFFFF_FFFFFL);
                case 9 -> hypervisor.endOfInterrupt(vp, choices.octet());
                case 10 -> cpuid();
                case 11 -> post();
                default -> partition.settle();
            }
        }

        private void hypercall(int vp) {
            long control = choices.wide();
            if (!choices.once(4)) {
                HypercallCode[] codes = HypercallCode.values();
                control = codes[choices.below(codes.length)].code();
                control |= choices.flag() ? 1L << 16 : 0;
                control |= choices.once(4) ? (long) choices.octet() << 17 : 0;
                control |= choices.once(8) ? (long) choices.octet() << 32 : 0;
            }
            long input = address();
            if (choices.flag()) {
                byte[] block = new byte[64];
                byte[] some = choices.some(64);
                System.arraycopy(some, 0, block, 0, some.length);
                partition.memory().write(input, block, 0, block.length);
            }
            long result = hypervisor.hypercall(vp, control, input, choices.once(4) ? choices.wide() : 1);
            statuses.add((int) result);
            assertThat(result >>> 16 == 0 || (result & 0xFFFF_F000_FFFF_FFFFL) == 0)
                    .as("%x", result)
                    .isTrue();
            assertThat(STATUSES).contains((int) result);
        }

        private void post() {
            int status = partition.postMessage(PAGES - 1, choices.once(4) ? choices.word() : 1, 1, choices.some(240));
            statuses.add(status);
            assertThat(STATUSES).contains(status);
        }

        /// An address in RAM, near its ends, in a page that an overlay may cover, or anywhere.
        private long address() {
            return switch (choices.below(6)) {
                case 0 -> choices.wide();
                case 1 -> PAGES * PAGE - choices.octet();
                case 2 -> PAGE * choices.below(PAGES) - 8 * choices.below(40);
                default -> PAGE * choices.below(PAGES) + 8L * choices.below(512);
            };
        }

        private int msr() {
            return switch (choices.below(8)) {
                case 0 -> choices.word();
                case 1 -> Msr.GUEST_OS_ID + choices.below(0x130);
                case 2 -> Msr.SCONTROL + choices.below(5);
                case 3 -> Msr.SINT0 + choices.below(16);
                case 4 -> Msr.STIMER0_CONFIG + choices.below(8);
                case 5 -> Msr.CRASH_P0 + choices.below(6);
                default -> Msr.GUEST_OS_ID + choices.below(4);
            };
        }

        private void write(int vp) {
            int msr = msr();
            long value = switch (choices.below(4)) {
                case 0 -> choices.wide();
                case 1 -> address() & -PAGE | 1;
                case 2 -> choices.octet() | (long) choices.octet() << 12;
                default -> 0x1ED9;
            };
            boolean there = hypervisor.canReadMsr(vp, msr);
            boolean accepted = hypervisor.writeMsr(vp, msr, value);
            assertThat(accepted && !there).isFalse();
            if (accepted && (msr == Msr.SCONTROL || msr == Msr.SIMP || msr == Msr.SIEFP || msr == Msr.REFERENCE_TSC)) {
                assertThat(hypervisor.readMsr(vp, msr)).isEqualTo(value);
            }
        }

        private void read(int vp, int msr) {
            if (hypervisor.canReadMsr(vp, msr)) {
                long value = hypervisor.readMsr(vp, msr);
                if (msr == Msr.VP_INDEX) {
                    assertThat(value).isEqualTo(vp);
                }
            }
        }

        /// Writes to RAM, or to the page that covers it.
        private void store() {
            byte[] bytes = choices.some(48);
            long gpa = address();
            partition.memory().write(gpa, bytes, 0, bytes.length);
        }

        private void cpuid() {
            int[] registers = new int[4];
            hypervisor.cpuid(choices.flag() ? 0x4000_0000 + choices.octet() : choices.word(), registers);
        }
    }

    private static Features features(Choices choices) {
        Set<Feature> on = EnumSet.noneOf(Feature.class);
        boolean all = choices.flag();
        for (Feature feature : Feature.values()) {
            if (all || choices.flag()) {
                on.add(feature);
            }
        }
        return new Features(on);
    }

    private static void check(byte[] bytes, Set<Integer> statuses) {
        Choices choices = new Choices(bytes);
        TestPartition partition = new TestPartition(
                PROCESSORS,
                PAGES,
                HypervisorConfig.standard().with(features(choices)).with(LIMITS));
        TestPartition neighbour = new TestPartition(1, PAGES, HypervisorConfig.standard());
        Script script = new Script(partition, choices, statuses);
        while (choices.more()) {
            script.act();
        }

        partition.settle();
        for (CrashReport report : partition.crashes()) {
            assertThat(report.toString().length()).isLessThan(2 * CrashReport.LONGEST_TEXT + 200);
        }
        for (TraceEvent event : partition.events()) {
            assertThat(TraceLine.of(0, event)).hasSizeLessThan(1000).hasLineCount(1);
        }
        for (int vp = 0; vp < PROCESSORS; vp++) {
            assertThat(partition.apic(vp).take()).allSatisfy(HypervisorFuzzTest::assertNoException);
            assertThat(partition.apic(vp).takeSelfEnding()).allSatisfy(HypervisorFuzzTest::assertNoException);
        }
        assertThat(neighbour.apic(0).take()).isEmpty();
        assertThat(neighbour.crashes()).isEmpty();
        assertThat(neighbour.rdmsr(0, Msr.SCONTROL)).isZero();

        partition.hypervisor().reset();
        assertIsAsNew(partition);
    }

    private static void assertNoException(int vector) {
        assertThat(vector).isBetween(16, 255);
    }

    private static void assertIsAsNew(TestPartition partition) {
        for (int vp = 0; vp < PROCESSORS; vp++) {
            if (partition.hypervisor().writeMsr(vp, Msr.SCONTROL, 1)) {
                assertThat(partition.rdmsr(vp, Msr.SCONTROL)).isEqualTo(1);
                assertThat(partition.rdmsr(vp, Msr.SINT0)).isEqualTo(0x10000);
            }
        }
        partition.advance(3_600_000_000_000L);
        assertThat(partition.apic(0).take()).isEmpty();
    }

    @FuzzTest(maxDuration = "2m")
    void noGuestMakesItsHypervisorThrow(byte[] script) {
        check(script, new TreeSet<>());
    }

    @Test
    void noRandomGuestMakesItsHypervisorThrow() {
        Set<Integer> statuses = new TreeSet<>();

        Samples.check(1500, random -> {
            byte[] script = new byte[random.nextInt(2000)];
            random.nextBytes(script);
            check(script, statuses);
        });

        if (Long.getLong("cloison.seed") == null) {
            assertThat(statuses).containsExactlyInAnyOrderElementsOf(List.copyOf(STATUSES));
        }
    }
}

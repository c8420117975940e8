package cloison.cpu.mmu;

import static cloison.cpu.interpret.TestVm.DATA;
import static cloison.cpu.interpret.TestVm.PD;
import static cloison.cpu.interpret.TestVm.PDPT;
import static cloison.cpu.interpret.TestVm.PML4;
import static cloison.cpu.interpret.TestVm.PT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import cloison.cpu.interpret.TestVm;
import cloison.cpu.state.Control;
import cloison.cpu.state.Flags;
import cloison.cpu.state.GuestFault;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Error code bits: 1 present, 2 write, 4 user, 8 reserved, 16 fetch.
class PagingTest {
    private static final long P = 1;
    private static final long RW = 2;
    private static final long US = 4;
    private static final long A = 0x20;
    private static final long D = 0x40;
    private static final long PS = 0x80;
    private static final long G = 0x100;
    private static final long NX = 1L << 63;
    private static final int PAGE = 0x30000;

    private final TestVm vm = TestVm.longMode();
    private final Mmu mmu = vm.cpu().mmu;

    @AfterEach
    void close() {
        vm.close();
    }

    private void map(int linear, long entry) {
        vm.write(PT + 8L * (linear >> 12), 8, entry);
        mmu.forgetAll();
    }

    private long entry(int linear) {
        return vm.read(PT + 8L * (linear >> 12), 8);
    }

    private int faultOf(Runnable access) {
        GuestFault fault = catchThrowableOfType(GuestFault.class, access::run);
        assertThat(fault).isNotNull();
        assertThat(fault.vector()).isEqualTo(GuestFault.PF);
        return fault.errorCode();
    }

    private void become(int cpl) {
        vm.cpu().cpl = cpl;
        vm.cpu().contextChanged();
    }

    private void cr4(long bits) {
        vm.cpu().cr4 |= bits;
        mmu.forgetAll();
        vm.cpu().contextChanged();
    }

    @Test
    void whatIsWrittenIsReadAtEverySizeAndAlignment() {
        for (int at = DATA; at < DATA + 16; at++) {
            mmu.write64(at, 0x1122_3344_5566_7788L + at);
            assertThat(mmu.read64(at)).isEqualTo(0x1122_3344_5566_7788L + at);
            assertThat(mmu.read32(at)).isEqualTo(0x5566_7788L + at);
            assertThat(mmu.read16(at)).isEqualTo(0x5566_7788L + at & 0xFFFF);
            assertThat(mmu.read8(at)).isEqualTo(0x5566_7788L + at & 0xFF);
        }
    }

    @Test
    void anAccessMayCrossIntoAPageThatLiesElsewhere() {
        map(PAGE, 0x80000 | P | RW);
        map(PAGE + 0x1000, 0x50000 | P | RW);

        mmu.write64(PAGE + 0xFFD, 0x8877_6655_4433_2211L);

        assertThat(vm.read(0x80FFD, 2)).isEqualTo(0x2211);
        assertThat(vm.read(0x50000, 4)).isEqualTo(0x7766_5544L);
        assertThat(mmu.read64(PAGE + 0xFFD)).isEqualTo(0x8877_6655_4433_2211L);
    }

    @Test
    void aCrossingStoreThatFaultsInTheSecondPageChangesNothing() {
        map(PAGE + 0x1000, 0);
        vm.write(PAGE + 0xFFC, 4, 0x1111_1111);

        assertThat(faultOf(() -> mmu.write64(PAGE + 0xFFC, -1))).isEqualTo(2);

        assertThat(vm.cpu().cr2).isEqualTo(PAGE + 0x1000);
        assertThat(vm.read(PAGE + 0xFFC, 4)).isEqualTo(0x1111_1111);
    }

    @Test
    void absentPagesFaultWithoutThePresentBit() {
        map(PAGE, 0);

        assertThat(faultOf(() -> mmu.read8(PAGE + 5))).isEqualTo(0);
        assertThat(vm.cpu().cr2).isEqualTo(PAGE + 5);
        assertThat(faultOf(() -> mmu.write8(PAGE, 0))).isEqualTo(2);
        assertThat(faultOf(() -> mmu.fetch(PAGE))).isEqualTo(16);
        become(3);
        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(4);
        assertThat(faultOf(() -> mmu.readForWrite(PAGE, 4))).isEqualTo(6);
    }

    @Test
    void readOnlyPagesBindTheSupervisorOnlyWithWriteProtect() {
        map(PAGE, PAGE | P);

        assertThat(faultOf(() -> mmu.write8(PAGE, 1))).isEqualTo(3);
        vm.cpu().cr0 &= ~Control.CR0_WP;
        mmu.forgetAll();
        mmu.write8(PAGE, 1);

        assertThat(vm.read(PAGE, 1)).isEqualTo(1);
    }

    @Test
    void supervisorPagesAreClosedToTheUser() {
        map(PAGE, PAGE | P | RW);
        become(3);

        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(5);
        assertThat(faultOf(() -> mmu.write8(PAGE, 1))).isEqualTo(7);
        assertThat(faultOf(() -> mmu.fetch(PAGE))).isEqualTo(21);
        assertThat(mmu.systemRead(PAGE, 8)).isZero();
    }

    @Test
    void anUpperLevelTakesRightsAway() {
        vm.write(PD, 8, PT | P);
        mmu.forgetAll();

        assertThat(faultOf(() -> mmu.write8(DATA, 1))).isEqualTo(3);
        become(3);
        assertThat(faultOf(() -> mmu.read8(DATA))).isEqualTo(5);
    }

    @Test
    void noExecuteForbidsFetches() {
        map(PAGE, PAGE | P | RW | NX);

        assertThat(faultOf(() -> mmu.fetch(PAGE))).isEqualTo(17);
        assertThat(mmu.read8(PAGE)).isZero();
    }

    @Test
    void noExecuteIsReservedWhereItIsNotEnabled() {
        map(PAGE, PAGE | P | RW | NX);
        vm.cpu().efer &= ~Control.EFER_NXE;

        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(9);
        // without NXE and SMEP a fetch is not told from a read
        assertThat(faultOf(() -> mmu.fetch(PAGE))).isEqualTo(9);
    }

    @Test
    void reservedBitsFault() {
        map(PAGE, PAGE | P | RW | 1L << 46);
        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(9);
        map(PAGE, PAGE | P | RW | 1L << 51);
        assertThat(faultOf(() -> mmu.write8(PAGE, 0))).isEqualTo(11);
        vm.write(PML4, 8, PDPT | 7 | PS);
        mmu.forgetAll();
        assertThat(faultOf(() -> mmu.read8(DATA))).isEqualTo(9);
        vm.write(PML4, 8, PDPT | 7);
        vm.write(PD + 8, 8, 0x20_2000 | 7 | PS);
        assertThat(faultOf(() -> mmu.read8(0x20_0000))).isEqualTo(9);
    }

    @Test
    void ignoredBitsAreIgnored() {
        map(PAGE, PAGE | P | RW | 0x7FFL << 52 | 0xE00);

        assertThat(mmu.read8(PAGE)).isZero();
    }

    @Test
    void accessedAndDirtyAreSetOnTheWay() {
        mmu.read8(PAGE);
        assertThat(vm.read(PML4, 8) & (A | D)).isEqualTo(A);
        assertThat(vm.read(PDPT, 8) & (A | D)).isEqualTo(A);
        assertThat(vm.read(PD, 8) & (A | D)).isEqualTo(A);
        assertThat(entry(PAGE) & (A | D)).isEqualTo(A);

        mmu.write8(PAGE, 1);
        assertThat(entry(PAGE) & (A | D)).isEqualTo(A | D);
        assertThat(vm.read(PD, 8) & D).isZero();
    }

    @Test
    void aFaultingAccessSetsNeitherAccessedNorDirtyOfThePage() {
        map(PAGE, PAGE | P);

        faultOf(() -> mmu.write8(PAGE, 1));

        assertThat(entry(PAGE) & (A | D)).isZero();
    }

    @Test
    void largePagesOfTwoMebibytesAndOneGibibyteTranslate() {
        vm.write(PD + 8L * 3, 8, 0x40_0000 | P | RW | PS);
        vm.write(PDPT + 8, 8, P | RW | PS);
        mmu.forgetAll();
        vm.write(0x41_2345, 4, 0xCAFE);

        assertThat(mmu.read32(0x61_2345)).isEqualTo(0xCAFE);
        assertThat(mmu.read32(0x4041_2345L)).isEqualTo(0xCAFE);
        mmu.write8(0x61_0000, 1);
        assertThat(vm.read(PD + 8L * 3, 8) & (A | D)).isEqualTo(A | D);
    }

    @Test
    void supervisorAccessPreventionHidesUserPagesUnlessAcIsSet() {
        cr4(Control.CR4_SMAP);
        map(PAGE, PAGE | P | RW | US);
        map(PAGE + 0x1000, PAGE + 0x1000 | P | RW);

        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(1);
        assertThat(faultOf(() -> mmu.write8(PAGE, 0))).isEqualTo(3);
        assertThat(mmu.read8(PAGE + 0x1000)).isZero();
        vm.cpu().loadFlags(Flags.AC, Flags.AC);
        assertThat(mmu.read8(PAGE)).isZero();
        assertThat(faultOf(() -> mmu.systemRead(PAGE, 1))).isEqualTo(1);
        vm.cpu().loadFlags(0, Flags.AC);
        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(1);
        become(3);
        assertThat(mmu.read8(PAGE)).isZero();
    }

    @Test
    void supervisorExecutionPreventionForbidsFetchesFromUserPages() {
        map(PAGE, PAGE | P | RW | US);
        assertThat(mmu.fetch(PAGE)).isEqualTo(PAGE);

        cr4(Control.CR4_SMEP);

        assertThat(faultOf(() -> mmu.fetch(PAGE))).isEqualTo(17);
        become(3);
        assertThat(mmu.fetch(PAGE)).isEqualTo(PAGE);
    }

    @Test
    void nonCanonicalAddressesAreProtectionFaults() {
        for (long address : new long[] {0x8000_0000_0000L, 0xFFFF_7FFF_FFFF_FFF8L, 0x7FFF_FFFF_FFFCL}) {
            GuestFault fault = catchThrowableOfType(GuestFault.class, () -> mmu.write64(address, 0));

            if (address == 0x7FFF_FFFF_FFFCL) {
                // its first half is canonical, and absent
                assertThat(fault.vector()).isEqualTo(GuestFault.PF);
            } else {
                assertThat(fault.vector()).isEqualTo(GuestFault.GP);
                assertThat(fault.errorCode()).isZero();
            }
        }
    }

    @Test
    void translationsStayUntilTheyAreFlushed() {
        mmu.read8(PAGE);
        vm.write(PT + 8L * (PAGE >> 12), 8, 0x50000 | P);
        vm.write(0x50000, 1, 9);

        assertThat(mmu.read8(PAGE)).isZero();
        mmu.forget(PAGE);
        assertThat(mmu.read8(PAGE)).isEqualTo(9);
    }

    @Test
    void globalTranslationsSurviveAChangeOfAddressSpace() {
        map(PAGE, PAGE | P | G);
        mmu.read8(PAGE);
        mmu.read8(PAGE + 0x1000);
        vm.write(PT + 8L * (PAGE >> 12), 8, 0);
        vm.write(PT + 8L * (PAGE + 0x1000 >> 12), 8, 0);

        mmu.forgetLocal();

        assertThat(mmu.read8(PAGE)).isZero();
        assertThat(faultOf(() -> mmu.read8(PAGE + 0x1000))).isEqualTo(0);
        mmu.forget(PAGE);
        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(0);
    }

    @Test
    void forgettingOneAddressForgetsTheWholeLargePage() {
        mmu.read8(0x40_0000);
        mmu.read8(0x40_5000);
        vm.write(PD + 16, 8, 0);

        mmu.forget(0x40_1000);

        assertThat(faultOf(() -> mmu.read8(0x40_5000))).isEqualTo(0);
    }

    @Test
    void addressesBeyondMemoryReachTheDeviceBusInAlignedPieces() {
        map(PAGE, 0xFEE0_0000L | P | RW);
        vm.intercepts().devices.put(0xFEE0_0020L, 0x1234L);

        assertThat(mmu.read32(PAGE + 0x20)).isEqualTo(0x1234);
        mmu.write32(PAGE + 0x23, 0xAABB_CCDDL);
        mmu.write64(PAGE + 0x40, 1);
        // a second time from the cached translation
        mmu.write32(PAGE + 0x20, 5);

        assertThat(vm.intercepts().log)
                .containsExactly(
                        "read fee00020/4",
                        "write fee00023/1 dd",
                        "write fee00024/2 bbcc",
                        "write fee00026/1 aa",
                        "write fee00040/8 1",
                        "write fee00020/4 5");
    }

    @Test
    void noGuestAddressReachesMemoryOutsideThePartition() {
        for (long gpa : new long[] {TestVm.RAM, TestVm.RAM + 0x5000L, 0xFFFF_F000L, 1L << 32, 1L << 45}) {
            map(PAGE, gpa | P | RW);

            assertThat(mmu.read64(PAGE)).isEqualTo(-1);
            mmu.write64(PAGE + 8, 0x5555);
            assertThat(mmu.fetch(PAGE)).isNegative();
        }
        assertThat(vm.read(0, 8)).isZero();
        vm.cpu().cr3 = (1L << 46) - 0x1000;
        mmu.forgetAll();
        assertThat(faultOf(() -> mmu.read8(PAGE))).isEqualTo(9);
    }

    @Test
    void anOverlayIsSeenAsSoonAsTranslationsAreFlushed() {
        mmu.read8(PAGE);
        vm.memory().mapOverlay(0, PAGE >> 12);
        vm.write(PAGE, 1, 0x77);

        vm.run("hlt");

        assertThat(mmu.read8(PAGE)).isEqualTo(0x77);
    }

    @Test
    void alignmentIsCheckedForTheUserWithAcAndAm() {
        vm.cpu().cr0 |= Control.CR0_AM;
        vm.cpu().loadFlags(Flags.AC, Flags.AC);
        assertThat(mmu.read32(DATA + 1)).isZero();
        become(3);

        GuestFault fault = catchThrowableOfType(GuestFault.class, () -> mmu.read32(DATA + 1));

        assertThat(fault.vector()).isEqualTo(GuestFault.AC);
        assertThat(mmu.read32(DATA + 4)).isZero();
        assertThat(mmu.read8(DATA + 1)).isZero();
    }

    @Test
    void atomicExchangeComparesAtEverySizeAndAlignment() {
        for (int size : new int[] {1, 2, 4, 8}) {
            long mask = -1L >>> 64 - 8 * size;
            for (int at = DATA; at < DATA + 24; at++) {
                vm.write(at - 1, 8, 0);
                vm.write(at + size, 1, 0x5A);
                vm.write(at, size, 0x1122_3344_5566_7788L & mask);

                long found = mmu.compareAndExchange(at, size, 1, 2);
                assertThat(found).isEqualTo(0x1122_3344_5566_7788L & mask);
                found = mmu.compareAndExchange(at, size, 0x1122_3344_5566_7788L & mask, 0xA1A2_A3A4_A5A6_A7A8L);

                assertThat(found).isEqualTo(0x1122_3344_5566_7788L & mask);
                assertThat(vm.read(at, size)).isEqualTo(0xA1A2_A3A4_A5A6_A7A8L & mask);
                assertThat(vm.read(at + size, 1)).isEqualTo(0x5A);
            }
        }
    }

    @Test
    void atomicExchangeOfSixteenBytesIsAllOrNothing() {
        vm.write(DATA, 8, 1);
        vm.write(DATA + 8, 8, 2);
        long[] found = new long[2];

        assertThat(mmu.compareAndExchange16(DATA, 1, 3, 8, 9, found, true)).isFalse();
        assertThat(found).containsExactly(1, 2);
        assertThat(vm.read(DATA, 8)).isEqualTo(1);
        assertThat(mmu.compareAndExchange16(DATA, 1, 2, 8, 9, found, true)).isTrue();
        assertThat(vm.read(DATA, 8)).isEqualTo(8);
        assertThat(vm.read(DATA + 8, 8)).isEqualTo(9);
    }

    @Test
    void runsEndWithThePageAndAreRefusedForDevices() {
        map(PAGE, 0x50000 | P | RW);
        map(PAGE + 0x1000, 0xFEE0_0000L | P | RW);

        assertThat(mmu.readable(PAGE + 0x10)).isEqualTo(0x50010);
        assertThat(mmu.writable(PAGE + 0xFFF)).isEqualTo(0x50FFF);
        assertThat(mmu.readable(PAGE + 0x1000)).isEqualTo(-1);
        assertThat(mmu.writable(PAGE + 0x1000)).isEqualTo(-1);
    }

    @Test
    void legacyPagingTranslatesFourKibibytesAndFourMebibytes() {
        try (TestVm old = TestVm.protectedMode()) {
            old.write(PML4, 4, PT | 7);
            old.write(PML4 + 4, 4, 0x40_0000 | P | RW | PS);
            for (int i = 0; i < 1024; i++) {
                old.write(PT + 4L * i, 4, (long) i << 12 | 3);
            }
            old.write(PT + 4L * 0x30, 4, 0x50000 | P);
            old.with(state -> {
                state.cr3 = PML4;
                state.cr0 |= Control.CR0_PG | Control.CR0_WP;
                state.cr4 = Control.CR4_PSE;
            });
            old.write(0x50004, 4, 0xBEEF);
            old.write(0x40_1000, 4, 0xF00D);

            assertThat(old.cpu().mmu.read32(PAGE + 4)).isEqualTo(0xBEEF);
            assertThat(old.cpu().mmu.read32(0x40_1000)).isEqualTo(0xF00D);
            assertThat(faultOf(() -> old.cpu().mmu.write8(PAGE, 1))).isEqualTo(3);
            assertThat(old.read(PML4 + 4, 4) & (A | D)).isEqualTo(A);
            assertThat(old.read(PT + 4L * 0x30, 4) & (A | D)).isEqualTo(A);
        }
    }

    @Test
    void widePagingKeepsItsPointersUntilTheRootIsLoaded() {
        try (TestVm old = TestVm.protectedMode()) {
            old.write(PDPT, 8, PD | P);
            old.with(state -> {
                state.cr3 = PDPT;
                state.cr0 |= Control.CR0_PG;
                state.cr4 = Control.CR4_PAE;
            });
            old.write(0x20_0010, 4, 0xABCD);
            old.write(PDPT, 8, 0);
            old.cpu().mmu.forgetAll();

            assertThat(old.cpu().mmu.read32(0x20_0010)).isEqualTo(0xABCD);
            assertThat(faultOf(() -> old.cpu().mmu.read32(0x4000_0000L))).isEqualTo(0);
            assertThat(old.cpu().mmu.loadPointers(PDPT)).isTrue();
            old.cpu().mmu.forgetAll();
            assertThat(faultOf(() -> old.cpu().mmu.read32(0x20_0010))).isEqualTo(0);
            old.write(PDPT, 8, PD | P | RW);
            assertThat(old.cpu().mmu.loadPointers(PDPT)).isFalse();
        }
    }

    @Test
    void withoutPagingLinearIsPhysicalAndWrapsAtFourGibibytes() {
        try (TestVm old = TestVm.protectedMode()) {
            old.write(0, 4, 0x4433_2211);

            old.cpu().mmu.write32(0xFFFF_FFFEL, 0xDDCC_BBAAL);

            assertThat(old.read(0, 2)).isEqualTo(0xDDCC);
            assertThat(old.intercepts().log).containsExactly("write fffffffe/2 bbaa");
            assertThat(old.gpr(ProcessorState.RSP)).isEqualTo(TestVm.STACK);
        }
    }

    @Test
    void manyMorePagesThanTranslationsAllKeepTheirBytes() {
        try (TestVm small = TestVm.longMode(64)) {
            Mmu m = small.cpu().mmu;
            for (int round = 0; round < 3; round++) {
                for (int page = 0x20; page < 0x200; page++) {
                    m.write32((long) page << 12 | page * 4L & 0xFFC, page + round);
                }
                for (int page = 0x1FF; page >= 0x20; page--) {
                    assertThat(m.read32((long) page << 12 | page * 4L & 0xFFC)).isEqualTo(page + round);
                }
            }
        }
    }
}

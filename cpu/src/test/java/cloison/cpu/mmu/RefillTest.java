package cloison.cpu.mmu;

import static cloison.cpu.interpret.TestVm.PD;
import static cloison.cpu.interpret.TestVm.PDPT;
import static cloison.cpu.interpret.TestVm.PT;
import static org.assertj.core.api.Assertions.assertThat;

import cloison.cpu.interpret.Engines;
import cloison.cpu.interpret.Interpreter;
import cloison.cpu.interpret.TestVm;
import cloison.cpu.state.Control;
import cloison.cpu.state.GuestFault;
import cloison.linux.code.CodeMemory;
import cloison.machine.memory.GuestMemory;
import cloison.machine.processor.ProcessorState;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Translations that emitted code finds by itself: it must find them, see what it must leave to others, and what it
/// found must be forgotten like any other translation. Error code bits: 1 present, 2 write, 4 user, 8 reserved.
class RefillTest {
    private static final long P = 1;
    private static final long RW = 2;
    private static final long US = 4;
    private static final long A = 0x20;
    private static final long D = 0x40;
    private static final long PS = 0x80;
    private static final long G = 0x100;
    private static final long USED = P | RW | US | A | D;

    private static final int PAGE = 0x30000;
    /// The page's entry.
    private static final int ENTRY = PT + 8 * (PAGE >> 12);

    private static final int FIRST = 0x50000;
    private static final int SECOND = 0x60000;

    private TestVm vm = TestVm.longMode();

    @BeforeEach
    void translate() {
        Assumptions.assumeTrue(CodeMemory.available(), "this host cannot run translated code");
        vm.close();
        vm = TestVm.translated(Engines.settings(64));
        vm.write(FIRST, 8, 1);
        vm.write(SECOND, 8, 2);
        map(FIRST | USED);
    }

    @AfterEach
    void close() {
        vm.close();
    }

    private void map(long entry) {
        vm.map(PAGE, entry);
    }

    private long found() {
        return vm.cpu().mmu.refillsTaken();
    }

    private long entry() {
        return vm.read(ENTRY, 8);
    }

    private long rbx() {
        return vm.gpr(ProcessorState.RBX);
    }

    private void pageFault(int error) {
        assertThat(vm.vector()).isEqualTo(GuestFault.PF);
        assertThat(vm.frame().errorCode()).isEqualTo(error);
    }

    // ---- finding

    @Test
    void aPageThatWasUsedIsFoundOnceForReadingAndWriting() {
        vm.run("mov rax, [0x30000]\n mov rcx, 5\n mov [0x30008], rcx\n hlt");

        assertThat(found()).isEqualTo(1);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(vm.read(FIRST + 8, 8)).isEqualTo(5);
    }

    @Test
    void whatTheInstructionNeedsIsKeptMeanwhile() {
        vm.run("""
                mov rax, 0x1111111111111111
                mov rbx, 0x2222222222222222
                mov rcx, 0x3333333333333333
                mov rdx, 0x4444444444444444
                xor esi, esi
                sub rsi, 1
                mov rsi, [0x30000]
                hlt
                """);

        assertThat(found()).isEqualTo(1);
        assertThat(vm.rax()).isEqualTo(0x1111111111111111L);
        assertThat(rbx()).isEqualTo(0x2222222222222222L);
        assertThat(vm.gpr(ProcessorState.RCX)).isEqualTo(0x3333333333333333L);
        assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(0x4444444444444444L);
        // CF, PF, AF, SF of the subtraction
        assertThat(vm.flags() & 0x8D5).isEqualTo(0x95);
    }

    @Test
    void aPageThatWasNotUsedIsMarkedSo() {
        map(FIRST | P | RW | US);
        vm.run("mov rax, [0x30000]\n hlt");

        assertThat(found()).isZero();
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(entry() & (A | D)).isEqualTo(A);
    }

    @Test
    void theFirstStoreMakesItDirty() {
        map(FIRST | P | RW | US | A);
        vm.run("mov rax, [0x30000]\n mov rbx, [0x3000]\n hlt");
        long read = found();
        assertThat(entry() & D).isZero();
        vm.run("mov qword [0x30000], 7\n hlt");

        assertThat(read).isEqualTo(1);
        assertThat(vm.read(FIRST, 8)).isEqualTo(7);
        assertThat(entry() & D).isEqualTo(D);
    }

    @Test
    void pagesOfTwoMebibytesAndOneGibibyteAreFound() {
        vm.write(PD + 8, 8, USED | PS);
        vm.write(PDPT + 8, 8, USED | PS);
        vm.processor().flushTranslations();
        vm.run("mov rax, [0x250000]\n mov ebx, 0x40060000\n mov rbx, [rbx]\n hlt");

        assertThat(found()).isEqualTo(2);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(rbx()).isEqualTo(2);
    }

    /// The second destination has the same entry as the source.
    @ParameterizedTest
    @ValueSource(ints = {0x31000, 0x70000})
    void stringInstructionsFindPagesToo(int destination) {
        vm.map(destination, SECOND | USED);
        vm.run("mov esi, 0x30000\n mov edi, %d\n mov ecx, 4\n rep movsb\n hlt".formatted(destination));

        assertThat(found()).isEqualTo(2);
        assertThat(vm.read(SECOND, 8)).isEqualTo(1);
    }

    @Test
    void moreThanCanBeNotedIsFoundAllTheSame() {
        for (int i = 0; i < 128; i++) {
            vm.write(PT + 8L * (0x80 + i), 8, 0x80000 + 0x1000L * i | USED);
            vm.write(0x80000 + 0x1000L * i, 8, i);
        }
        vm.processor().flushTranslations();
        vm.run("""
                mov ecx, 4000
                xor eax, eax
                xor edx, edx
                again: mov esi, edx
                and esi, 0x7F000
                add rax, [rsi+0x80000]
                add edx, 0x1000
                dec ecx
                jnz again
                hlt
                """);

        assertThat(found()).isGreaterThan(3900);
        // 31 rounds and 32 pages
        assertThat(vm.rax()).isEqualTo(31L * 127 * 64 + 31 * 16);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void userCodeFindsPagesWithSlotsAndWithout(int hotAfter) {
        try (TestVm user =
                TestVm.translated(Engines.settings(64).withHotAfter(hotAfter)).user()) {
            user.write(FIRST, 8, 9);
            user.map(PAGE, FIRST | USED);
            user.run("mov rax, [0x30000]\n mov [0x30008], rax\n ud2");

            assertThat(user.cpu().mmu.refillsTaken()).isEqualTo(1);
            assertThat(user.read(FIRST + 8, 8)).isEqualTo(9);
        }
    }

    // ---- forgetting

    /// Maps the page elsewhere in the middle of a program, and does something about it.
    private void remapped(String flush) {
        vm.run("mov rsi, [0x30000]\n mov qword [%d], %d\n %s%n mov rbx, [0x30000]\n hlt"
                .formatted(ENTRY, SECOND | USED, flush));
        assertThat(found()).isPositive();
        assertThat(vm.gpr(ProcessorState.RSI)).isEqualTo(1);
    }

    private static final String TOGGLE_CR4 = "mov rcx, cr4\n xor ecx, %d\n mov cr4, rcx\n xor ecx, %1$d\n mov cr4, rcx";
    private static final String TOGGLE_CR0 = "mov rcx, cr0\n xor ecx, %d\n mov cr0, rcx\n xor ecx, %1$d\n mov cr0, rcx";
    private static final String TOGGLE_EFER =
            "mov ecx, 0xC0000080\n rdmsr\n xor eax, 0x800\n wrmsr\n xor eax, 0x800\n wrmsr";

    @ParameterizedTest
    @CsvSource({
        "invlpg [0x30fff], false",
        "invlpg [0x30000], true",
        "cr3, false",
        "cr4 0x80, true",
        "cr0 0x10000, true",
        "efer, true"
    })
    void whatWasFoundIsForgotten(String flush, boolean global) {
        map(FIRST | USED | (global ? G : 0));
        remapped(program(flush));

        assertThat(vm.vector()).isEqualTo(-1);
        assertThat(rbx()).isEqualTo(2);
    }

    private static String program(String flush) {
        return switch (flush.substring(0, 3)) {
            case "cr3" -> "mov rcx, cr3\n mov cr3, rcx";
            case "cr4" -> TOGGLE_CR4.formatted(Integer.decode(flush.substring(4)));
            case "cr0" -> TOGGLE_CR0.formatted(Integer.decode(flush.substring(4)));
            case "efe" -> TOGGLE_EFER;
            default -> flush;
        };
    }

    @Test
    void aGlobalPageStaysWhenTheRootIsLoaded() {
        map(FIRST | USED | G);
        remapped("mov rcx, cr3\n mov cr3, rcx");

        assertThat(rbx()).isEqualTo(1);
    }

    @Test
    void withoutGlobalPagesItIsForgotten() {
        vm.with(state -> state.cr4 &= ~Control.CR4_PGE);
        map(FIRST | USED | G);
        remapped("mov rcx, cr3\n mov cr3, rcx");

        assertThat(rbx()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"0x200000, 0x3ff000", "0x40000000, 0x7ffff000"})
    void anyAddressForgetsAWholeLargePage(int at, int forgotten) {
        int entry = at == 0x20_0000 ? PD + 8 : PDPT + 8;
        vm.write(entry, 8, USED | PS);
        vm.processor().flushTranslations();
        vm.run("""
                mov rax, [%d]
                mov rdx, [%d]
                mov qword [%d], 0
                invlpg [%d]
                mov rbx, [%2$d]
                hlt
                """.formatted(at + FIRST, at + SECOND, entry, forgotten));

        assertThat(found()).isEqualTo(2);
        assertThat(vm.gpr(ProcessorState.RDX)).isEqualTo(2);
        pageFault(0);
    }

    @Test
    void anotherRootIsFollowed() {
        // the same tables but for the last two
        vm.write(0x70000, 8, 0x71000 | USED);
        vm.write(0x71000, 8, 0x72000 | USED);
        vm.write(0x72000, 8, 0x73000 | USED);
        for (int i = 0; i < 512; i++) {
            vm.write(0x73000 + 8L * i, 8, vm.read(PT + 8L * i, 8));
        }
        vm.write(0x73000 + 8L * (PAGE >> 12), 8, SECOND | USED);
        vm.run("mov rax, [0x30000]\n mov ecx, 0x70000\n mov cr3, rcx\n mov rbx, [0x30000]\n hlt");

        assertThat(found()).isEqualTo(2);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(rbx()).isEqualTo(2);
    }

    @Test
    void aPageThatAnOverlayCoversIsNotFound() {
        vm.intercepts().hypercalls = true;
        vm.intercepts().onHypercall = _ -> vm.memory().mapOverlay(1, FIRST >> 12);
        vm.memory().overlay(1).write(0, new byte[] {3}, 0, 1);
        vm.run("mov rsi, [0x30000]\n xor ecx, ecx\n vmcall\n mov rbx, [0x30000]\n hlt");
        long before = found();
        vm.processor().flushTranslations();
        vm.run("mov rbx, [0x30000]\n hlt");

        assertThat(vm.gpr(ProcessorState.RSI)).isEqualTo(1);
        assertThat(rbx()).isEqualTo(3);
        assertThat(before).isEqualTo(1);
        assertThat(found()).isEqualTo(1);
        vm.memory().unmapOverlay(1);
        vm.run("mov rbx, [0x30000]\n hlt");
        assertThat(rbx()).isEqualTo(1);
        assertThat(found()).isEqualTo(2);
    }

    @Test
    void aTableThatAnOverlayCoversIsRead() {
        byte[] table = new byte[GuestMemory.PAGE_SIZE];
        vm.memory().read(PT, table, 0, table.length);
        vm.memory().overlay(1).write(0, table, 0, table.length);
        vm.memory()
                .overlay(1)
                .write(8 * (PAGE >> 12), new byte[] {(byte) USED, SECOND >> 8 & 0xFF, SECOND >> 16}, 0, 3);
        vm.memory().mapOverlay(1, PT >> 12);
        vm.run("mov rax, [0x30000]\n hlt");

        assertThat(vm.rax()).isEqualTo(2);
        assertThat(found()).isZero();
    }

    // ---- rights

    @Test
    void aPageThatBecomesReadOnlyIsNotWritten() {
        vm.run("mov qword [0x30000], 5\n mov qword [%d], %d\n invlpg [0x30000]\n mov qword [0x30000], 6\n hlt"
                .formatted(ENTRY, FIRST | USED & ~RW));

        assertThat(found()).isPositive();
        pageFault(3);
        assertThat(vm.read(FIRST, 8)).isEqualTo(5);
    }

    @Test
    void upperLevelsTakeRightsAway() {
        vm.write(PD + 8, 8, PT | P | US | A);
        vm.processor().flushTranslations();
        vm.run("mov rax, [0x230000]\n mov edi, 0x230000\n mov qword [rdi], 6\n hlt");

        assertThat(found()).isEqualTo(1);
        pageFault(3);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(vm.read(FIRST, 8)).isEqualTo(1);
    }

    @Test
    void withoutWriteProtectionTheSupervisorWritesEverywhere() {
        vm.with(state -> state.cr0 &= ~Control.CR0_WP);
        map(FIRST | USED & ~RW);
        vm.run("""
                mov edi, 0x30000
                mov rax, [0x30000]
                mov qword [rdi], 6
                mov rcx, cr0
                or ecx, 0x10000
                mov cr0, rcx
                mov rbx, [0x30000]
                mov qword [rdi], 7
                hlt
                """);

        assertThat(found()).isEqualTo(2);
        assertThat(vm.rax()).isEqualTo(1);
        assertThat(rbx()).isEqualTo(6);
        pageFault(3);
        assertThat(vm.read(FIRST, 8)).isEqualTo(6);
    }

    @Test
    void supervisorPagesAreClosedToTheUser() {
        vm.user();
        map(FIRST | USED & ~US);
        vm.run("mov rax, [0x30000]\n ud2");

        pageFault(5);
        assertThat(found()).isZero();
    }

    @Test
    void theUsersPageThatTheSupervisorFoundIsTheSupervisorsOnly() {
        map(FIRST | USED & ~US);
        vm.run("mov rax, [0x30000]\n mov qword [0x30000], 4\n hlt");
        assertThat(found()).isEqualTo(1);
        vm.user();
        vm.run("mov qword [0x30000], 5\n ud2");

        pageFault(7);
        assertThat(vm.read(FIRST, 8)).isEqualTo(4);
    }

    @Test
    void userPagesAreOpenToTheSupervisorOnlyWhileAccessIsAllowed() {
        vm.write(PT + 8L * (TestVm.CODE >> 12), 8, TestVm.CODE | P | RW | A | D);
        vm.write(PT + 8L * (TestVm.STACK - 1 >> 12), 8, TestVm.STACK - 4096 | P | RW | A | D);
        vm.write(PT + 8L * (TestVm.GDT >> 12), 8, TestVm.GDT | P | RW | A | D);
        vm.write(PT + 8L * (TestVm.IDT >> 12), 8, TestVm.IDT | P | RW | A | D);
        vm.with(state -> state.cr4 |= Control.CR4_SMAP);
        vm.run("stac\n mov rax, [0x30000]\n clac\n mov rbx, [0x30000]\n hlt");

        assertThat(found()).isEqualTo(1);
        assertThat(vm.rax()).isEqualTo(1);
        pageFault(1);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        // not memory
        "0x10000067, 9",
        // a reserved bit
        "0x400000004067, 9"
    })
    void whatIsWrongWithATableIsAFault(long entry, int error) {
        vm.write(PD + 16, 8, entry);
        vm.processor().flushTranslations();
        vm.run("mov rax, [0x430000]\n hlt");

        assertThat(found()).isZero();
        pageFault(error);
        assertThat(vm.cpu().cr2).isEqualTo(0x43_0000);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x1000_0000L, 0x4_0000_0000_0000L, 0x3FFF_FF80_0000L})
    void whatIsWrongWithAPageIsNoTranslation(long bits) {
        map(FIRST | USED | bits);
        vm.run("mov rax, [0x30000]\n hlt");

        assertThat(found()).isZero();
        if ((bits & 1L << 50) != 0) {
            pageFault(9);
        } else {
            // nothing there
            assertThat(vm.rax()).isEqualTo(-1);
        }
    }

    @Test
    void reservedBitsOfLargePagesFault() {
        vm.write(PD + 8, 8, 0x2000 | USED | PS);
        vm.processor().flushTranslations();
        vm.run("mov rax, [0x200000]\n hlt");

        assertThat(found()).isZero();
        pageFault(9);
    }

    @Test
    void addressesThatAreNotCanonicalAreRefused() {
        vm.run("mov rbx, 0x0001000000030000\n mov rax, [rbx]\n hlt");

        assertThat(vm.vector()).isEqualTo(GuestFault.GP);
        assertThat(found()).isZero();
    }

    // ---- code

    private static final String RETURN_5 = "mov dword [0x30000], 0x000005B8\n mov word [0x30004], 0xC300";
    private static final String RETURN_6 = "mov byte [0x30001], 6";

    @Test
    void aPageFoundForWritingIsNoMoreWhenItsCodeIsCached() {
        vm.run(RETURN_5 + "\n mov edi, 0x30000\n call rdi\n mov ebx, eax\n" + RETURN_6 + "\n call rdi\n hlt");

        assertThat(found()).isPositive();
        assertThat(rbx()).isEqualTo(5);
        assertThat(vm.rax()).isEqualTo(6);
    }

    @Test
    void aPageWithCachedCodeIsNotFoundForWriting() {
        vm.run(RETURN_5 + "\n mov edi, 0x30000\n call rdi\n mov ebx, eax\n invlpg [0x30000]\n mov ecx, [0x30800]\n"
                + RETURN_6 + "\n call rdi\n hlt");

        assertThat(found()).isGreaterThan(1);
        assertThat(rbx()).isEqualTo(5);
        assertThat(vm.rax()).isEqualTo(6);
    }

    @Test
    void aPageThatAnotherProcessorExecutesIsNotWrittenUnseen() {
        vm.bytes(FIRST, 0xB8, 5, 0, 0, 0, 0xF4);
        vm.run("mov byte [0x30100], 1\n hlt");
        long before = found();
        Interpreter other = vm.another();
        ProcessorState state = vm.processor().state();
        state.rip = PAGE;
        for (int value = 5; value < 8; value++) {
            other.load(state);
            other.run();
            assertThat(other.state().gpr[ProcessorState.RAX]).isEqualTo(value);
            vm.run("mov byte [0x30001], %d%n hlt".formatted(value + 1));
        }

        assertThat(before).isEqualTo(1);
    }
}

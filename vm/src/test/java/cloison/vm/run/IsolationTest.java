package cloison.vm.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Two children in one process never see each other's memory, whatever address one of them hands to its host.
@Timeout(300)
final class IsolationTest {
    /// Fills its memory from 2 MiB to 15 MiB with a secret, says so, and halts.
    private static final String KEEPER = """
                    mov   edi, 0x200000
                    mov   ecx, 0x340000
                    mov   eax, 0x5EC0DE55
                    rep stosd
                    mov   al, 'k'
                    mov   dx, 0x3F8
                    out   dx, al
            stop:   hlt
                    jmp   stop
            """;

    /// Looks for the secret at every page of the 4 GiB that it can name by itself, and ends with 1 if it is there.
    private static final String LOOKER = """
                    xor   esi, esi
            page:   cmp   dword ptr [esi], 0x5EC0DE55
                    je    found
                    cmp   dword ptr [esi+0x800], 0x5EC0DE55
                    je    found
                    add   esi, 0x1000
                    jnz   page
            """;

    /// Hands addresses outside its memory to the host in every way that makes the host read or map: overlays of
    /// the SynIC's pages, of the reference TSC and of the assist page, a crash message, hypercall input. It looks
    /// for the secret where an answer could be.
    private static final String ASKER = """
                    mov   esp, 0x200000
                    mov   ecx, 0x40000000         ; GUEST_OS_ID
                    mov   eax, 1
                    mov   edx, 0x81000000
                    wrmsr
                    mov   ecx, 0x40000001         ; HYPERCALL page at 0x300000
                    mov   eax, 0x300001
                    xor   edx, edx
                    wrmsr
                    mov   ebp, 0x1000000          ; first address behind its 16 MiB
            again:  mov   edi, 0x40000083         ; SIMP
                    call  overlay
                    mov   edi, 0x40000082         ; SIEFP
                    call  overlay
                    mov   edi, 0x40000021         ; REFERENCE_TSC
                    call  overlay
                    mov   edi, 0x40000073         ; VP_ASSIST_PAGE
                    call  overlay
                    mov   ecx, 0x40000083         ; and far above what 32 bits name
                    mov   eax, ebp
                    or    eax, 1
                    mov   edx, ebp
                    shr   edx, 20
                    wrmsr
                    mov   ecx, 0x40000083
                    xor   eax, eax
                    xor   edx, edx
                    wrmsr
                    xor   edx, edx                ; PostMessage with its input there
                    mov   eax, 0x5C
                    xor   ebx, ebx
                    mov   ecx, ebp
                    xor   edi, edi
                    xor   esi, esi
                    call  hypercall
                    or    eax, eax
                    jz    found                   ; the host must refuse
                    add   ebp, 0x400000
                    jnz   again
                    mov   ecx, 0x40000103         ; a crash message there
                    mov   eax, 0x2000000
                    xor   edx, edx
                    wrmsr
                    mov   ecx, 0x40000104
                    mov   eax, 4096
                    wrmsr
                    jmp   done
            hypercall: push 0x300000
                    ret
            overlay: mov  ecx, edi
                    mov   eax, ebp
                    or    eax, 1
                    xor   edx, edx
                    wrmsr
                    cmp   dword ptr [ebp], 0x5EC0DE55
                    je    found
                    cmp   dword ptr [ebp+0x800], 0x5EC0DE55
                    je    found
                    mov   ecx, edi
                    xor   eax, eax
                    xor   edx, edx
                    wrmsr
                    ret
            """;

    private static final String END = """
            done:   mov   al, 0
                    out   0xF4, al
                    hlt
            found:  mov   al, 1
                    out   0xF4, al
                    hlt
            """;

    @TempDir
    private Path folder;

    private Outcome besideAKeeper(String program) throws Exception {
        CountDownLatch filled = new CountDownLatch(1);
        try (Vm keeper = new Vm(SmallKernel.partition(folder, "keeper", true, KEEPER), new PartitionWiring(_ -> {
                    filled.countDown();
                    return true;
                }));
                Vm looker = new Vm(
                        SmallKernel.partition(folder, "looker", true, program), new PartitionWiring(_ -> true))) {
            keeper.start();
            filled.await();
            looker.start();
            return looker.await();
        }
    }

    @Test
    void noAddressOfAChildLeadsIntoAnother() throws Exception {
        assertThat(besideAKeeper(LOOKER + END)).isEqualTo(new Outcome.DebugExit(1));
    }

    @Test
    void noAddressHandedToTheHostLeadsIntoAnother() throws Exception {
        assertThat(besideAKeeper(ASKER + END)).isEqualTo(new Outcome.DebugExit(1));
    }

    @Test
    void searchFindsWhatIsInItsOwnMemory() throws Exception {
        String own = "mov dword ptr [0x500000], 0x5EC0DE55\n";

        assertThat(besideAKeeper(own + LOOKER + END)).isEqualTo(new Outcome.DebugExit(3));
    }
}

package cloison.linux.signal;

import static cloison.linux.sys.SignalCalls.ACTION_FLAGS;
import static cloison.linux.sys.SignalCalls.ACTION_HANDLER;
import static cloison.linux.sys.SignalCalls.ACTION_SIZE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import cloison.linux.HostException;
import cloison.linux.code.CodeMemory;
import cloison.linux.sys.Errno;
import cloison.linux.sys.SignalCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// The process's handler of processor faults: those in guarded code go to the guard's exit, all others to the handler
/// that was there before, which is the JVM's.
///
/// The handler is machine code, because a signal may find a thread in a state in which no Java can run. It walks the
/// table of guards, which other threads may change meanwhile: a guard counts from the store of its length on.
///
/// ```text
///  0         0x200               0x2200                three pages of code memory
///  +---------+-------------------+-----------------+
///  | handler |128 guards of 64 B | previous[signal]|
///  +---------+-------------------+-----------------+
///  guard:  0 start | 8 length | 16 exit | 24 record | 32 RSP of guarded threads, or 0
/// ```
///
/// **Owner:** any thread. Installed once and for the life of the process.
public final class FaultCatcher {
    private static final int GUARDS = 128;
    private static final int GUARD_TABLE = 0x200;
    private static final int GUARD_SIZE = 64;
    private static final int SIZE = 0x3000;
    private static final int PREVIOUS = 0x2200;
    private static final int[] SIGNALS = {
        SignalCalls.SIGSEGV, SignalCalls.SIGFPE, SignalCalls.SIGILL, SignalCalls.SIGTRAP, SignalCalls.SIGBUS
    };
    private static final VarHandle LENGTH = JAVA_LONG.varHandle();

    /// Offsets into `ucontext_t` (`asm/sigcontext.h`): 0xA0 RSP, 0xA8 RIP, 0xB0 flags, 0xB8 CS, 0xBE SS, 0xC0 error,
    /// 0xC8 trap, 0xD8 CR2.
    private static final String HANDLER = """
                                           ; handler: edi signal, rdx ucontext
            4c 8d 1d f9 01 00 00           ; lea r11, guards
            4c 8b 92 a8 00 00 00           ; mov r10,[rdx+0xa8]
            4c 8b 82 a0 00 00 00           ; mov r8,[rdx+0xa0]
            b9 80 00 00 00                 ; mov ecx,0x80
                                           ; next:
            4c 89 d0                       ; mov rax,r10
            49 2b 03                       ; sub rax,[r11]
            49 3b 43 08                    ; cmp rax,[r11+0x8]
            72 21                          ; jb hit
            4d 3b 43 20                    ; cmp r8,[r11+0x20]
            74 1b                          ; je hit
            49 83 c3 40                    ; add r11,0x40
            ff c9                          ; dec ecx
            75 e6                          ; jnz next
                                           ; nobody guards this address or this thread
            4c 8d 1d c5 21 00 00           ; lea r11, previous
            49 8b 04 fb                    ; mov rax,[r11+rdi*8]
            48 83 f8 01                    ; cmp rax,0x1
            76 6c                          ; jbe default
            ff e0                          ; jmp rax
                                           ; hit:
            49 8b 43 18                    ; mov rax,[r11+0x18]
            48 89 38                       ; mov [rax],rdi
            48 8b 8a c8 00 00 00           ; mov rcx,[rdx+0xc8]
            48 89 48 08                    ; mov [rax+0x8],rcx
            48 8b 8a c0 00 00 00           ; mov rcx,[rdx+0xc0]
            48 89 48 10                    ; mov [rax+0x10],rcx
            48 8b 8a d8 00 00 00           ; mov rcx,[rdx+0xd8]
            48 89 48 18                    ; mov [rax+0x18],rcx
            4c 89 50 20                    ; mov [rax+0x20],r10
            48 8b 8a b0 00 00 00           ; mov rcx,[rdx+0xb0]
            48 89 48 28                    ; mov [rax+0x28],rcx
            48 8b 8a b8 00 00 00           ; mov rcx,[rdx+0xb8]
            48 89 48 30                    ; mov [rax+0x30],rcx
                                           ; go on at the exit, in 64-bit code, without AC, DF and TF
            66 c7 82 b8 00 00 00 33 00     ; mov word [rdx+0xb8],0x33
            66 c7 82 be 00 00 00 2b 00     ; mov word [rdx+0xbe],0x2b
            81 a2 b0 00 00 00 ff fa fb ff  ; and dword [rdx+0xb0],0xfffbfaff
            49 8b 4b 10                    ; mov rcx,[r11+0x10]
            48 89 8a a8 00 00 00           ; mov [rdx+0xa8],rcx
            c3                             ; ret
                                           ; default: the previous action was SIG_DFL; restore it and send the signal again
            57                             ; push rdi
            6a 00                          ; push 0x0
            6a 00                          ; push 0x0
            6a 00                          ; push 0x0
            6a 00                          ; push 0x0
            48 89 e6                       ; mov rsi,rsp
            31 d2                          ; xor edx,edx
            41 ba 08 00 00 00              ; mov r10d,0x8
            b8 0d 00 00 00                 ; mov eax,0xd
            0f 05                          ; syscall
            48 83 c4 20                    ; add rsp,0x20
            b8 27 00 00 00                 ; mov eax,0x27
            0f 05                          ; syscall
            89 c7                          ; mov edi,eax
            b8 ba 00 00 00                 ; mov eax,0xba
            0f 05                          ; syscall
            89 c6                          ; mov esi,eax
            5a                             ; pop rdx
            b8 ea 00 00 00                 ; mov eax,0xea
            0f 05                          ; syscall
            c3                             ; ret
            """;

    private final CodeMemory memory;
    private final boolean[] used = new boolean[GUARDS];

    private FaultCatcher() {
        memory = CodeMemory.allocate(SIZE);
        byte[] handler = HexFormat.of()
                .parseHex(Pattern.compile(";.*|\\s").matcher(HANDLER).replaceAll(""));
        memory.writable().asSlice(0, handler.length).copyFrom(MemorySegment.ofArray(handler));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(ACTION_SIZE, 8);
            // First all previous handlers, then ours: from the first installation on the handler may run.
            for (int signal : SIGNALS) {
                check(SignalCalls.sigaction(signal, MemorySegment.NULL, action));
                memory.writable().set(JAVA_LONG, PREVIOUS + 8L * signal, action.get(JAVA_LONG, ACTION_HANDLER));
            }
            for (int signal : SIGNALS) {
                check(SignalCalls.sigaction(signal, MemorySegment.NULL, action));
                action.set(JAVA_LONG, ACTION_HANDLER, memory.base());
                int flags = action.get(JAVA_INT, ACTION_FLAGS);
                action.set(JAVA_INT, ACTION_FLAGS, flags | SignalCalls.SA_SIGINFO | SignalCalls.SA_ONSTACK);
                check(SignalCalls.sigaction(signal, action, MemorySegment.NULL));
            }
        }
    }

    private static void check(int result) {
        if (Errno.of(result) != 0) {
            throw new HostException("the host does not let us handle processor faults (sigaction: "
                    + Errno.text(Errno.of(result)) + "); use --engine interpreter");
        }
    }

    /// Made when first asked for.
    private static final class Installed {
        static final FaultCatcher CATCHER = new FaultCatcher();
    }

    /// {@return the process's catcher, installed now if it was not}
    ///
    /// @throws HostException if the host refuses; [CodeMemory#refusal] told why beforehand
    public static FaultCatcher installed() {
        return Installed.CATCHER;
    }

    /// Guards the `length` addresses from `start`: a fault whose RIP is one of them is noted in the [Fault] record at
    /// `record`, and execution goes on at `exit` in 64-bit mode with all registers as they were.
    ///
    /// The thread that faults must have a [SignalStack] unless RSP points to a stack with room for a signal frame.
    ///
    /// @throws IllegalStateException if too many guards are in force
    public Guard guard(long start, long length, long exit, long record) {
        return guard(start, length, exit, record, 0);
    }

    /// Guards addresses, and besides them any address at which a thread whose RSP is `stack` faults, as one does whose
    /// jump went astray.
    ///
    /// @param stack what RSP is in the guarded code and nowhere else, or 0
    /// @throws IllegalStateException if too many guards are in force
    public synchronized Guard guard(long start, long length, long exit, long record, long stack) {
        for (int i = 0; i < GUARDS; i++) {
            if (!used[i]) {
                used[i] = true;
                MemorySegment table = memory.writable();
                long at = GUARD_TABLE + (long) i * GUARD_SIZE;
                table.set(JAVA_LONG, at, start);
                table.set(JAVA_LONG, at + 16, exit);
                table.set(JAVA_LONG, at + 24, record);
                table.set(JAVA_LONG, at + 32, stack);
                LENGTH.setRelease(table, at + 8, length);
                return new Guard(this, i);
            }
        }
        throw new IllegalStateException("all " + GUARDS + " guards are in force");
    }

    synchronized void remove(int index) {
        long at = GUARD_TABLE + (long) index * GUARD_SIZE;
        memory.writable().set(JAVA_LONG, at + 32, 0L);
        LENGTH.setRelease(memory.writable(), at + 8, 0L);
        used[index] = false;
    }
}

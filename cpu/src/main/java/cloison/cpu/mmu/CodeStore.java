package cloison.cpu.mmu;

/// Thrown instead of storing where code is cached. The processor then executes that one instruction alone, drops the
/// code, and goes on. Stackless, one for all; nothing has been changed when it is thrown.
public final class CodeStore extends RuntimeException {
    private static final long serialVersionUID = 1;

    static final CodeStore INSTANCE = new CodeStore();

    private CodeStore() {
        super("a store met cached code", null, false, false);
    }
}

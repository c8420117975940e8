package cloison.vm.boot;

/// An image cannot be booted as asked: one line for the operator that says what, which, and what to do.
public final class UnbootableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnbootableException(String message) {
        super(message);
    }
}

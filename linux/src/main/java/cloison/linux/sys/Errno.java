package cloison.linux.sys;

/// Error numbers of Linux (`asm-generic/errno-base.h`, `asm-generic/errno.h`), as far as we name them.
public final class Errno {
    public static final int EPERM = 1;
    public static final int EINTR = 4;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int EMFILE = 24;
    public static final int EFBIG = 27;
    public static final int ENOSPC = 28;
    public static final int ENOSYS = 38;

    private Errno() {}

    /// {@return the error number of a call's result, or 0 if it succeeded}
    public static int of(long result) {
        return result < 0 && result > -4096 ? (int) -result : 0;
    }

    /// {@return the number's name and meaning, for people}
    public static String text(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM (not permitted)";
            case EINTR -> "EINTR (interrupted)";
            case EAGAIN -> "EAGAIN (try again)";
            case ENOMEM -> "ENOMEM (out of memory)";
            case EACCES -> "EACCES (permission denied)";
            case EEXIST -> "EEXIST (exists)";
            case EINVAL -> "EINVAL (invalid argument)";
            case EMFILE -> "EMFILE (too many open files)";
            case EFBIG -> "EFBIG (file too large)";
            case ENOSPC -> "ENOSPC (no space)";
            case ENOSYS -> "ENOSYS (no such system call)";
            default -> "errno " + errno;
        };
    }
}

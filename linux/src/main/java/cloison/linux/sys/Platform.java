package cloison.linux.sys;

/// The host that this process runs on, as far as native code must know it.
public final class Platform {
    /// Whether the constants and layouts of this room are this host's.
    public static final boolean LINUX_X86_64 = "Linux".equals(System.getProperty("os.name"))
            && ("amd64".equals(System.getProperty("os.arch")) || "x86_64".equals(System.getProperty("os.arch")));

    private Platform() {}

    /// {@return the host in a few words}
    public static String name() {
        return System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }
}

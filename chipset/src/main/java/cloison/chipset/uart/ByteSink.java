package cloison.chipset.uart;

/// Where the bytes that a guest sends over a serial port go. Called with the device's lock held, on a processor's or
/// the timer's thread: it must answer at once.
public interface ByteSink {
    /// A sink that swallows everything.
    ByteSink NONE = _ -> true;

    /// Takes one byte, 0 to 255.
    ///
    /// @return whether there was room; if not, the port keeps the byte, makes its guest wait, and offers it again
    boolean offer(int value);
}

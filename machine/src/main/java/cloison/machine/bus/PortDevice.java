package cloison.machine.bus;

/// A device on I/O ports. The bus holds the device's lock around each call, so a device reads as single-threaded.
public interface PortDevice {
    /// {@return what `size` (1, 2 or 4) bytes at port `port` read, zero-extended}
    int portRead(int port, int size);

    /// Stores the low `size` bytes of `value`.
    void portWrite(int port, int size, int value);
}

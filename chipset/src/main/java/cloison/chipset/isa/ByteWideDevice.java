package cloison.chipset.isa;

import cloison.machine.bus.PortDevice;

/// A device whose ports are one byte wide: a wider access becomes one access per byte, lowest port first, as an ISA bus
/// does it.
public interface ByteWideDevice extends PortDevice {
    /// The answer of a port that the device does not have.
    int NOTHING = 0xFF;

    /// {@return what the port reads, 0 to 255; [#NOTHING] for a port of somebody else}
    int read(int port);

    /// Writes the port; a port of somebody else swallows the value.
    ///
    /// @param value 0 to 255
    void write(int port, int value);

    @Override
    default int portRead(int port, int size) {
        int result = 0;
        for (int i = 0; i < size; i++) {
            result |= (read(port + i) & 0xFF) << (8 * i);
        }
        return result;
    }

    @Override
    default void portWrite(int port, int size, int value) {
        for (int i = 0; i < size; i++) {
            write(port + i, value >>> (8 * i) & 0xFF);
        }
    }
}

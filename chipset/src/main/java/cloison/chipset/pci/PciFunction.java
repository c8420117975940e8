package cloison.chipset.pci;

/// A function on a PCI bus, as its configuration space: 64 registers of 32 bits. The bus holds its lock around each
/// call.
public interface PciFunction {
    /// {@return the register at byte offset `register`, a multiple of 4 below 256; 0 where there is none}
    int configRead(int register);

    /// Stores the bits of `value` that are set in `written`; a register that cannot be written ignores it.
    void configWrite(int register, int value, int written);
}

package cloison.chipset.pci;

/// The bridge between processors and PCI bus 0: an Intel 82443BX without AGP, as a generation 1 machine of Hyper-V has.
///
/// Nothing in it can be changed. Not modelled: its memory controller, and the shadowing of ROM, which firmware would
/// set up.
public final class HostBridge implements PciFunction {
    private static final int[] HEADER = {
        0x7192_8086, // device and vendor
        0x2200_0006, // status: medium decode, received master abort; command: bus master, memory
        0x0600_0003, // class: host bridge; revision
    };

    /// The bridge.
    public HostBridge() {}

    @Override
    public int configRead(int register) {
        return register / 4 < HEADER.length ? HEADER[register / 4] : 0;
    }

    @Override
    public void configWrite(int register, int value, int written) {}
}

package cloison.chipset.uart;

/// A serial port by the name that a PC gives it.
public enum SerialPort {
    /// The console's usual port, ttyS0.
    COM1(0x3F8, 4),
    /// ttyS1.
    COM2(0x2F8, 3),
    /// ttyS2; shares the interrupt of COM1.
    COM3(0x3E8, 4),
    /// ttyS3; shares the interrupt of COM2.
    COM4(0x2E8, 3);

    private final int port;
    private final int irq;

    SerialPort(int port, int irq) {
        this.port = port;
        this.irq = irq;
    }

    /// {@return the first of eight I/O ports}
    public int port() {
        return port;
    }

    /// {@return the ISA interrupt}
    public int irq() {
        return irq;
    }
}

package cloison.chipset;

import cloison.chipset.uart.ByteSink;
import cloison.chipset.uart.SerialPort;

/// A device that a partition may have or not.
public sealed interface OptionalDevice {
    /// A 16550A.
    ///
    /// @param port which one
    /// @param output where the guest's bytes go
    record Serial(SerialPort port, ByteSink output) implements OptionalDevice {}

    /// A port by which a test kernel ends the run.
    ///
    /// @param port the I/O port
    record DebugExit(int port) implements OptionalDevice {
        /// Refuses what is not a port.
        public DebugExit {
            if (port < 0 || port > 0xFFFC) {
                throw new IllegalArgumentException(
                        "the debug-exit port 0x%x is not an I/O port; use one from 0 to 0xfffc".formatted(port));
            }
        }
    }
}

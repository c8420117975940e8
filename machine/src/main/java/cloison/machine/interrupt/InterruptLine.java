package cloison.machine.interrupt;

/// A wire from a device to an interrupt controller's input. Callable from any thread; must not call back into the
/// device.
public interface InterruptLine {
    /// A wire that leads nowhere.
    InterruptLine NONE = _ -> {};

    /// Drives the wire.
    void level(boolean high);

    /// Drives the wire high and low again: one edge.
    default void pulse() {
        level(true);
        level(false);
    }
}

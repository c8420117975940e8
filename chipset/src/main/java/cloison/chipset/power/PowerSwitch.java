package cloison.chipset.power;

/// What a guest may do to the life of its own partition. Called on a processor's thread with a device's lock held: an
/// implementation notes what was asked, makes the processors leave, and returns.
public interface PowerSwitch {
    /// The guest switched its machine off.
    void off();

    /// The guest reset its machine.
    void reset();

    /// The guest ended the run with an exit status, through the debug-exit port.
    void exit(int status);
}

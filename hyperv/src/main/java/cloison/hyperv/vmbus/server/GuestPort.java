package cloison.hyperv.vmbus.server;

/// How the bus reaches its guest: the SynICs of the virtual processors.
public interface GuestPort {
    /// {@return how many virtual processors there are}
    int processors();

    /// Posts a message to interrupt source `sint` of virtual processor `vp`; {@return false if its queue is
    /// full: the bus is told by [VmbusServer#messagesTaken] when to try again}
    ///
    /// @param payload not changed afterwards
    boolean post(int vp, int sint, byte[] payload);

    /// Forgets messages posted there that the guest has not seen.
    void discard(int vp, int sint);

    /// Raises event `flag` at interrupt source `sint` of virtual processor `vp`. From any thread.
    void signal(int vp, int sint, int flag);
}

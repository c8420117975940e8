package cloison.machine.interrupt;

/// Delivers a message-signalled interrupt to the partition it belongs to. Callable from any thread.
public interface MessageInterrupt {
    /// Sends the message that a device would write: SDM volume 3, 12.11.
    void send(long address, int data);
}

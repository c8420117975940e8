package cloison.hyperv.vmbus.protocol;

/// A control message of VMBus.
///
/// ```text
///  0      4         8
///  +------+---------+--------------------+
///  | type | padding | the message's own… |
///  +------+---------+--------------------+
/// ```
public sealed interface VmbusMessage permits GuestMessage, HostMessage {
    /// Bytes before the message's own fields.
    int HEADER_SIZE = 8;
    /// Bytes of the longest message.
    int LARGEST = 240;
    /// The status of a request that was granted.
    int STATUS_SUCCESS = 0;
    /// The status of a request that was refused: NTSTATUS `STATUS_UNSUCCESSFUL`.
    int STATUS_UNSUCCESSFUL = 0xC000_0001;
    /// The status of a connection that nobody takes: NTSTATUS `STATUS_CONNECTION_REFUSED`.
    int STATUS_CONNECTION_REFUSED = 0xC000_0236;
}

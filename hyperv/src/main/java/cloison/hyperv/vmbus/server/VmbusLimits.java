package cloison.hyperv.vmbus.server;

/// What one guest may take of its host.
///
/// @param channels channels offered at a time, subchannels included, at most 2047
/// @param gpadls GPADLs at a time, unfinished ones included
/// @param gpadlPages pages in all of them
/// @param waitingMessages messages from the guest that wait for the bus
/// @param waitingAnswers messages to the guest that wait for it before the bus reads no more
public record VmbusLimits(int channels, int gpadls, int gpadlPages, int waitingMessages, int waitingAnswers) {
    /// Relids that exist: event flags of an interrupt source, without flag 0.
    public static final int LARGEST_RELID = 2047;

    /// Refuses what cannot work.
    public VmbusLimits {
        if (channels < 1 || channels > LARGEST_RELID) {
            throw new IllegalArgumentException("a partition can have 1 to 2047 channels, not " + channels);
        }
        if (gpadls < 1 || gpadlPages < 1 || waitingMessages < 1 || waitingAnswers < 1) {
            throw new IllegalArgumentException("every limit of a partition's VMBus must be positive");
        }
    }

    /// {@return limits that stock guests do not meet: 1280 MiB of GPADLs, as real hosts have}
    public static VmbusLimits standard() {
        return new VmbusLimits(LARGEST_RELID, 2048, 327_680, 256, 64);
    }
}

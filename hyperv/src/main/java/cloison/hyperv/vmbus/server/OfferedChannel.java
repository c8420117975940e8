package cloison.hyperv.vmbus.server;

import cloison.hyperv.vmbus.Channel.GuestBuffer;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.agent.Threading;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A channel that a guest knows of.
///
/// **Owner:** the bus; [#targetProcessor] and [#buffer] are read by the channel's task.
final class OfferedChannel {
    /// Where the channel stands.
    sealed interface Phase {
        /// The guest may open it.
        record Offered() implements Phase {}

        /// The guest has it open.
        ///
        /// @param revoking GPADLs whose pages the task is to forget
        record Open(ChannelAgent agent, Threading.Running running, int ringGpadl, Set<Integer> revoking)
                implements Phase {
            Open(ChannelAgent agent, Threading.Running running, int ringGpadl) {
                this(agent, running, ringGpadl, new HashSet<>());
            }
        }

        /// The guest was told to forget it.
        record Withdrawn() implements Phase {}
    }

    // wiring
    final int relid;
    final VmbusDevice device;
    final String name;
    final int subchannel;
    /// The relid of the primary channel; for a primary channel, its own.
    final int primaryRelid;

    // state
    Phase phase = new Phase.Offered();
    int nextSubchannel = 1;
    int openings;
    private volatile int targetProcessor;
    private final Map<Integer, GuestBuffer> buffers = new ConcurrentHashMap<>();

    OfferedChannel(int relid, VmbusDevice device, String name, int subchannel, int primaryRelid) {
        this.relid = relid;
        this.device = device;
        this.name = name;
        this.subchannel = subchannel;
        this.primaryRelid = primaryRelid;
    }

    boolean primary() {
        return subchannel == 0;
    }

    int targetProcessor() {
        return targetProcessor;
    }

    void targetProcessor(int vp) {
        targetProcessor = vp;
    }

    @Nullable
    GuestBuffer buffer(int gpadl) {
        return buffers.get(gpadl);
    }

    void share(int gpadl, GuestBuffer buffer) {
        buffers.put(gpadl, buffer);
    }

    void unshare(int gpadl) {
        buffers.remove(gpadl);
    }

    void unshareAll() {
        buffers.clear();
    }
}

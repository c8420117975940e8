package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.Channel;
import cloison.hyperv.vmbus.ChannelTask;
import cloison.hyperv.vmbus.Offer;
import cloison.hyperv.vmbus.VmbusDevice;
import cloison.machine.counter.Counters;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Guid;
import cloison.net.frame.FramePool;
import cloison.net.frame.MacAddress;
import cloison.net.port.FrameQueue;
import cloison.net.port.FrameWatcher;
import cloison.net.port.PortType;
import cloison.net.port.PortVlan;
import cloison.net.port.SwitchPort;
import cloison.net.vswitch.VirtualSwitch;
import org.jspecify.annotations.Nullable;

/// The synthetic network adapter of one partition.
///
/// It exists as long as its partition, whether or not a driver of the guest uses it, and can be connected to a
/// switch, disconnected and connected elsewhere at any time; the guest sees its link go down and up.
///
/// **Owner:** any thread; what happens on the open channel is its [NetVspChannel]'s.
public final class NetVsp implements VmbusDevice {
    private static final Guid INTERFACE = Guid.of("f8615163-df3e-46c5-913f-f2d2f965ed0e");

    /// Frames that wait for the guest at most.
    private static final int QUEUE_SIZE = 1024;
    /// Bytes of frames from the guest that exist at most.
    private static final int POOL_BYTES = 8 << 20;

    // wiring
    private final NetVspSettings settings;
    private final GuestMemory memory;
    private final FrameQueue queue = new FrameQueue(QUEUE_SIZE);

    // state
    private final Counters<NetVspCounter> counters = new Counters<>(NetVspCounter.class);
    private FramePool pool;
    private @Nullable FrameWatcher watcher;
    private volatile @Nullable SwitchPort port;
    private volatile boolean enabled = true;
    private volatile @Nullable Channel channel;
    private volatile MacAddress currentAddress;
    private volatile NetVspStatus status;

    /// An adapter without a switch.
    ///
    /// @param memory the partition's memory, for frames that the guest does not put into its send buffer
    public NetVsp(NetVspSettings settings, GuestMemory memory) {
        this.settings = settings;
        this.memory = memory;
        currentAddress = settings.address();
        status = closedStatus();
        pool = newPool(frameLimit(NetVspSettings.MTU));
    }

    private static int frameLimit(int mtu) {
        return mtu + 18;
    }

    private static FramePool newPool(int capacity) {
        return new FramePool(capacity, POOL_BYTES / capacity);
    }

    private NetVspStatus closedStatus() {
        return new NetVspStatus("closed", null, NetVspSettings.MTU, 0, settings.address());
    }

    // for the host

    /// {@return how the adapter was made}
    public NetVspSettings settings() {
        return settings;
    }

    /// {@return what was counted}
    public Counters<NetVspCounter> counters() {
        return counters;
    }

    /// {@return what is agreed with the guest}
    public NetVspStatus status() {
        return status;
    }

    /// {@return the port at the switch, or null while the adapter is not connected}
    public @Nullable SwitchPort port() {
        return port;
    }

    /// {@return frames that were queued for the guest when it stopped receiving}
    public long discarded() {
        return queue.discarded();
    }

    /// Connects the adapter to a switch without VLAN, instead of the one that it was connected to.
    public SwitchPort connect(VirtualSwitch to) {
        return connect(to, PortVlan.UNTAGGED);
    }

    /// Connects the adapter to a switch, instead of the one that it was connected to.
    ///
    /// @param vlan the VLANs that its port there belongs to
    public synchronized SwitchPort connect(VirtualSwitch to, PortVlan vlan) {
        disconnect();
        SwitchPort connected = to.connect(settings.name(), PortType.SYNTHETIC, vlan, queue);
        connected.watch(watcher);
        port = connected;
        wake();
        return connected;
    }

    /// Disconnects the adapter: its link goes down.
    public synchronized void disconnect() {
        SwitchPort connected = port;
        if (connected != null) {
            port = null;
            connected.disconnect();
            wake();
        }
    }

    /// Lets `by` see every frame that passes the adapter's port, whatever switch that is at; null for nobody.
    public synchronized void watch(@Nullable FrameWatcher by) {
        watcher = by;
        SwitchPort connected = port;
        if (connected != null) {
            connected.watch(by);
        }
    }

    /// Takes the link away, or gives it back, while the adapter stays connected.
    public void link(boolean up) {
        enabled = up;
        wake();
    }

    /// {@return whether the guest has, or would have, a link}
    public boolean linkUp() {
        return enabled && port != null;
    }

    private void wake() {
        Channel open = channel;
        if (open != null) {
            open.wake();
        }
    }

    // for the bus

    @Override
    public Offer offer() {
        return new Offer(INTERFACE, settings.instance(), settings.name());
    }

    @Override
    public ChannelTask open(Channel opened) {
        if (opened.subchannel() != 0) {
            throw new IllegalStateException("subchannel " + opened.subchannel() + " was never offered");
        }
        counters.increment(NetVspCounter.OPENED);
        channel = opened;
        return new NetVspChannel(this, opened);
    }

    // for the channel

    void closed(Channel closing) {
        queue.close();
        if (channel == closing) {
            channel = null;
            status = closedStatus();
        }
    }

    void status(NetVspStatus now) {
        status = now;
    }

    GuestMemory memory() {
        return memory;
    }

    FrameQueue queue() {
        return queue;
    }

    /// {@return the pool for frames with this payload; the same as before if it fits}
    FramePool pool(int mtu) {
        if (pool.capacity() != frameLimit(mtu)) {
            pool = newPool(frameLimit(mtu));
        }
        return pool;
    }

    /// {@return frames from the guest that are still somewhere; exact only while nothing flows}
    int framesLent() {
        return pool.lent();
    }

    MacAddress currentAddress() {
        return currentAddress;
    }

    void currentAddress(MacAddress chosen) {
        currentAddress = chosen;
    }
}

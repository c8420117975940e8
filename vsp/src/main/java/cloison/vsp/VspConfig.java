package cloison.vsp;

import cloison.hyperv.vmbus.VmbusDevice;
import cloison.vsp.heartbeat.GuestHealth;
import cloison.vsp.heartbeat.HeartbeatVsp;
import cloison.vsp.kvp.KvpVsp;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.netvsp.NetVspSettings;
import cloison.vsp.shutdown.ShutdownVsp;
import cloison.vsp.timesync.TimesyncVsp;
import java.util.function.Consumer;

/// One VMBus device that a partition can have.
public sealed interface VspConfig {
    /// {@return the device, not yet offered}
    VmbusDevice create(VspContext context);

    /// A synthetic network adapter; [NetVsp#connect] connects it to a switch.
    record Network(NetVspSettings settings) implements VspConfig {
        @Override
        public NetVsp create(VspContext context) {
            return new NetVsp(settings, context.memory());
        }
    }

    /// The heartbeat service.
    ///
    /// @param listener told each change of the guest's health, on the channel's thread
    record Heartbeat(Consumer<GuestHealth> listener) implements VspConfig {
        @Override
        public HeartbeatVsp create(VspContext context) {
            return new HeartbeatVsp(context.clock(), listener);
        }
    }

    /// The shutdown service.
    record Shutdown() implements VspConfig {
        @Override
        public ShutdownVsp create(VspContext context) {
            return new ShutdownVsp();
        }
    }

    /// The time synchronisation service.
    record Timesync() implements VspConfig {
        @Override
        public TimesyncVsp create(VspContext context) {
            return new TimesyncVsp(context.clock());
        }
    }

    /// The key-value pair service.
    record Kvp() implements VspConfig {
        @Override
        public KvpVsp create(VspContext context) {
            return new KvpVsp();
        }
    }
}

package cloison.vm.run;

import cloison.chipset.uart.ByteSink;
import cloison.net.port.FrameWatcher;
import cloison.net.vswitch.VirtualSwitch;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What a partition is connected with outside itself.
///
/// @param console takes the bytes of its first serial port
/// @param switches the virtual switches of its lab, by name
/// @param notices hears lines for people: what the guest did wrong, how the host's memory is had; any thread
/// @param trace hears a line for each hypercall, synthetic MSR access and VMBus message, any thread; or null for no
/// trace
/// @param watchers by an adapter's name, who sees the frames at its port, or null for nobody
public record PartitionWiring(
        ByteSink console,
        Map<String, VirtualSwitch> switches,
        Consumer<String> notices,
        @Nullable Consumer<String> trace,
        @Nullable Function<String, FrameWatcher> watchers) {
    /// Connected with a console only.
    public PartitionWiring(ByteSink console) {
        this(console, Map.of(), _ -> {}, null, null);
    }

    /// A wiring that nobody changes.
    public PartitionWiring {
        switches = Map.copyOf(switches);
    }
}

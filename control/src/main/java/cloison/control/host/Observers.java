package cloison.control.host;

import java.io.OutputStream;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Where the signs of life of a lab go.
///
/// @param consoles by a guest's name, what takes the bytes of its serial console; it answers at once, from any thread,
///     whether there was room for the byte, and is offered again a byte that had none
/// @param trace what takes a line for every hypercall, synthetic MSR access and VMBus message, from any thread; or
///     `null` for no trace
/// @param capture where the frames of all adapters go, as pcapng, or `null` for no capture; the lab is done with it
///     when it is closed
public record Observers(
        Function<String, IntPredicate> consoles,
        @Nullable Consumer<String> trace,
        @Nullable OutputStream capture) {}

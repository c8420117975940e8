package cloison.chipset;

import cloison.chipset.apic.ProcessorSignals;
import cloison.chipset.power.PowerSwitch;
import cloison.machine.bus.MemoryBus;
import cloison.machine.bus.PortBus;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/// What a chipset is connected to: everything of the partition that it reaches or that reaches it.
///
/// @param ports where devices are attached to
/// @param memory where the I/O APIC is attached to; local APICs are reached per processor
/// @param clock the partition's time
/// @param timers who calls devices when their time has come
/// @param power who acts on power-off, reset and debug exit
/// @param signals the signals of each virtual processor
/// @param timeStamps what RDTSC reads on each virtual processor
public record ChipsetWiring(
        PortBus ports,
        MemoryBus memory,
        Clock clock,
        TimerQueue timers,
        PowerSwitch power,
        IntFunction<ProcessorSignals> signals,
        IntFunction<LongSupplier> timeStamps) {}

package cloison.vm.run;

import cloison.chipset.apic.LocalApic;
import cloison.hyperv.HypervisorInterface;
import cloison.machine.bus.MemoryBus;
import cloison.machine.bus.PortBus;
import cloison.machine.processor.Intercepts;

/// Serves what one virtual processor reaches outside itself: from its local APIC, the buses and the hypervisor.
///
/// **Owner:** the processor's thread.
final class ProcessorIntercepts implements Intercepts {
    private final int index;
    private final PortBus ports;
    private final MemoryBus memory;
    private final LocalApic apic;
    private final ProcessorTopology topology;
    private final HypervisorInterface hypervisor;

    ProcessorIntercepts(
            int index,
            PortBus ports,
            MemoryBus memory,
            LocalApic apic,
            ProcessorTopology topology,
            HypervisorInterface hypervisor) {
        this.index = index;
        this.ports = ports;
        this.memory = memory;
        this.apic = apic;
        this.topology = topology;
        this.hypervisor = hypervisor;
    }

    @Override
    public int portIn(int port, int size) {
        return ports.read(port, size);
    }

    @Override
    public void portOut(int port, int size, int value) {
        ports.write(port, size, value);
    }

    @Override
    public long memoryRead(long gpa, int size) {
        return apic.owns(gpa) ? apic.read(gpa, size) : memory.read(gpa, size);
    }

    @Override
    public void memoryWrite(long gpa, int size, long value) {
        if (apic.owns(gpa)) {
            apic.write(gpa, size, value);
        } else {
            memory.write(gpa, size, value);
        }
    }

    @Override
    public void cpuid(int leaf, int subleaf, int[] registers) {
        topology.complete(index, leaf, subleaf, registers);
        hypervisor.cpuid(leaf, registers);
    }

    @Override
    public boolean canReadMsr(int msr) {
        return LocalApic.ownsMsr(msr) ? apic.canReadMsr(msr) : hypervisor.canReadMsr(index, msr);
    }

    @Override
    public long readMsr(int msr) {
        return LocalApic.ownsMsr(msr) ? apic.readMsr(msr) : hypervisor.readMsr(index, msr);
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        return LocalApic.ownsMsr(msr) ? apic.writeMsr(msr, value) : hypervisor.writeMsr(index, msr, value);
    }

    @Override
    public boolean hypercallsEnabled() {
        return hypervisor.hypercallsEnabled();
    }

    @Override
    public long hypercall(long control, long input, long output) {
        return hypervisor.hypercall(index, control, input, output);
    }

    @Override
    public long timeStamp() {
        return hypervisor.timeStamp();
    }
}

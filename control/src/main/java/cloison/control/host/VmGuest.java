package cloison.control.host;

import cloison.vm.run.GuestFacts;
import cloison.vm.run.Outcome;
import cloison.vm.run.Vm;
import org.jspecify.annotations.Nullable;

/// A machine of a lab in this process.
record VmGuest(Vm machine) implements RunningGuest {
    @Override
    public String name() {
        return machine.name();
    }

    @Override
    public void start() {
        machine.start();
    }

    @Override
    public int type(byte[] from, int at, int length) {
        return machine.type(from, at, length);
    }

    @Override
    public @Nullable String shutDown() throws InterruptedException {
        return machine.shutDown();
    }

    @Override
    public void stop() {
        machine.stop();
    }

    @Override
    public Outcome await() throws InterruptedException {
        return machine.await();
    }

    @Override
    public GuestFacts facts() {
        return machine.facts();
    }
}

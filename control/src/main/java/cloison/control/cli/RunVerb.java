package cloison.control.cli;

import cloison.control.console.ConsoleOutput;
import cloison.control.console.Keyboard;
import cloison.control.console.RawTerminal;
import cloison.control.host.Dismissal;
import cloison.control.host.Foreground;
import cloison.control.host.Observers;
import cloison.control.host.RunningGuest;
import cloison.control.host.RunningLab;
import cloison.control.lab.Quantity;
import cloison.vm.config.AdapterAddresses;
import cloison.vm.config.BootSource;
import cloison.vm.config.ConfigurationException;
import cloison.vm.config.CpuName;
import cloison.vm.config.EngineName;
import cloison.vm.config.GuestInterface;
import cloison.vm.config.LabPlan;
import cloison.vm.config.NicConfig;
import cloison.vm.config.PartitionConfig;
import cloison.vm.config.SwitchConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `cloison run`: one guest in the foreground.
@Command(
        name = "run",
        sortOptions = false,
        customSynopsis = "Usage: cloison run --kernel FILE [OPTIONS]",
        synopsisHeading = "",
        description = {
            "Runs one guest in the foreground, its serial console on standard input and output.",
            "On a terminal every key goes to the guest, but Ctrl-] asks it to shut down, and a second one stops it."
                    + " SIGINT and SIGTERM do the same. A guest that has no driver to ask is stopped at once.",
            "Input from a pipe or a file waits until the guest opens its serial port. Its end means nothing to the guest:"
                    + " let its last line be 'poweroff'."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cloison run --kernel vmlinuz --initrd initrd --append \"console=ttyS0 panic=-1\" --timeout 120s",
            "  cloison run --kernel vmlinuz --initrd initrd --cpus 2 --memory 1G --nic switch=lan",
            "  cloison run --kernel kernel.elf --no-reboot --debug-exit 0xf4 --console out.txt",
            "",
            "'cloison guest fetch debian-12-cloud' prints a kernel and an initrd to start with."
        })
final class RunVerb implements Callable<Integer> {
    private static final String LINUX_COMMAND_LINE = "console=ttyS0 panic=-1";

    private final Surroundings surroundings;

    @Option(
            names = "--kernel",
            paramLabel = "FILE",
            description = {"A Linux bzImage, or an ELF image that boots by PVH or multiboot 1. Required."})
    private @Nullable Path kernel;

    @Option(names = "--initrd", paramLabel = "FILE", description = "The initial RAM disk, or a multiboot module.")
    private @Nullable Path initrd;

    @Option(names = "--append", paramLabel = "TEXT", description = "The kernel command line [${DEFAULT-VALUE}].")
    private String append = LINUX_COMMAND_LINE;

    @Option(names = "--memory", paramLabel = "SIZE", description = "RAM, like 512M or 2G [${DEFAULT-VALUE}].")
    private String memory = "512M";

    @Option(names = "--cpus", paramLabel = "N", description = "Virtual processors [${DEFAULT-VALUE}].")
    private String cpus = "1";

    @Option(
            names = "--cpu",
            paramLabel = "NAME",
            description = {
                "What its processors are: v2 or v3 (x86-64-v2, x86-64-v3, the same on every host), or host, v3 with"
                        + " AES, PCLMULQDQ and SHA as far as the host's processor has them [${DEFAULT-VALUE}]."
            })
    private String cpu = "v2";

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "auto, translator or interpreter [${DEFAULT-VALUE}].")
    private String engine = "auto";

    @Option(
            names = "--nic",
            paramLabel = "switch=NAME[,type=synthetic][,mac=XX:..][,vlan=ID]",
            description = {
                "A network adapter on a private switch, in the VLAN that ID names; may be given several times."
                        + " Without one the guest has none."
            })
    private List<String> nics = new ArrayList<>();

    @Option(names = "--timeout", paramLabel = "TIME", description = "Stop the guest after TIME, like 120s or 2m.")
    private @Nullable String timeout;

    @Option(names = "--no-reboot", description = "End when the guest asks for a reset, with status 3.")
    private boolean noReboot;

    @Option(
            names = "--debug-exit",
            paramLabel = "PORT",
            description = {"End with status 2v+1 when the guest writes v to I/O port PORT."})
    private @Nullable String debugExit;

    @Option(
            names = "--hyperv",
            paramLabel = "LIST",
            description = {
                "Switch parts of the hypervisor interface on or off: +NAME or -NAME, with commas between, like"
                        + " --hyperv=-remote-flush,+reset. docs/reference/msrs.md names them."
            })
    private @Nullable String hyperv;

    @Option(
            names = "--console",
            paramLabel = "FILE",
            description = {"Write the serial console to FILE, not to standard output."})
    private @Nullable Path console;

    @Option(names = "--name", paramLabel = "NAME", description = "The guest's name in messages [${DEFAULT-VALUE}].")
    private String name = "guest";

    @Mixin
    private Recording recording = new Recording();

    RunVerb(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public Integer call() throws InterruptedException {
        LabPlan plan = plan();
        Duration limit = timeout == null ? null : Quantity.time(timeout);
        try (Recording records = recording) {
            records.open();
            OutputStream serial = console == null ? surroundings.output() : records.file("the console", console);
            Foreground.End end = run(plan, limit, serial);
            records.finish();
            Ending.tell(end, limit, surroundings.err());
            return ExitStatus.of(end);
        }
    }

    private LabPlan plan() {
        if (kernel == null) {
            throw new ConfigurationException("run needs a kernel; pass --kernel FILE");
        }
        AdapterAddresses addresses = new AdapterAddresses();
        List<NicConfig> adapters = new ArrayList<>();
        for (String nic : nics) {
            adapters.add(NicOption.parse(nic, name + "/nic" + adapters.size(), addresses));
        }
        PartitionConfig partition = new PartitionConfig(
                name,
                Quantity.memory(memory),
                Quantity.count("--cpus", cpus),
                EngineName.of(engine),
                new BootSource(kernel, initrd, append),
                adapters,
                noReboot,
                debugExit == null ? null : Quantity.port(debugExit),
                CpuName.of(cpu),
                hyperv == null ? GuestInterface.standard() : GuestInterface.of(hyperv));
        List<SwitchConfig> switches = adapters.stream()
                .map(NicConfig::switchName)
                .distinct()
                .map(switchName -> new SwitchConfig(switchName, SwitchConfig.type("private")))
                .toList();
        return new LabPlan(name, switches, List.of(partition));
    }

    private Foreground.End run(LabPlan plan, @Nullable Duration limit, OutputStream serial)
            throws InterruptedException {
        SerialOutput reader = new SerialOutput(serial);
        ConsoleOutput output = new ConsoleOutput(name, reader);
        Observers observers = new Observers(_ -> output, recording.trace(), recording.capture());
        try (RunningLab lab = recording.watched(surroundings.host()).create(plan, observers)) {
            RunningGuest guest = lab.guests().getFirst();
            reader.onClosed(guest::stop);
            return attended(lab, limit);
        } finally {
            output.close();
        }
    }

    /// Runs the guest with the operator at its console.
    private Foreground.End attended(RunningLab lab, @Nullable Duration limit) throws InterruptedException {
        RunningGuest guest = lab.guests().getFirst();
        Dismissal dismissal = surroundings.dismissal(lab);
        try (Signals.Listening _ = surroundings.whenToEnd(dismissal);
                RawTerminal terminal = surroundings.typed() ? RawTerminal.enter() : null) {
            if (terminal != null) {
                surroundings.err().println("cloison: Ctrl-] asks the guest to shut down, a second one stops it");
            }
            new Keyboard(surroundings.in(), guest, terminal != null, dismissal).start();
            return new Foreground(lab, limit, (_, _) -> {}).run().getFirst();
        }
    }

    /// A reader of console output that writes it on as it comes.
    ///
    /// **Owner:** the thread of the console's ring.
    private static final class SerialOutput implements ConsoleOutput.Reader {
        private final OutputStream to;
        private volatile Runnable closed = () -> {};

        SerialOutput(OutputStream to) {
            this.to = to;
        }

        /// Says what to do when nobody reads the output any more.
        void onClosed(Runnable then) {
            closed = then;
        }

        @Override
        public void take(byte[] from, int length) {
            try {
                to.write(from, 0, length);
                to.flush();
            } catch (IOException nobodyReads) {
                closed.run();
            }
        }
    }
}

package cloison.control.cli;

import cloison.control.host.VmHost;
import cloison.control.socket.ListeningHost;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.util.function.Consumer;

/// The program.
public final class Main {
    private Main() {}

    /// Runs the command line and ends the process with its status.
    public static void main(String[] arguments) {
        Consumer<String> notices = line -> System.err.println("cloison: " + line);
        Surroundings surroundings = new Surroundings(
                System.getenv(),
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                System.getProperty("cloison.terminals", ""),
                Signals::on,
                new ListeningHost(new VmHost(notices), System.getenv(), notices));
        System.exit(new CommandLineRun(surroundings).run(arguments));
    }
}

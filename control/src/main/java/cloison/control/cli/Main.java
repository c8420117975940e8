package cloison.control.cli;

import cloison.control.host.VmHost;
import java.io.FileDescriptor;
import java.io.FileOutputStream;

/// The program.
public final class Main {
    private Main() {}

    /// Runs the command line and ends the process with its status.
    public static void main(String[] arguments) {
        Surroundings surroundings = new Surroundings(
                System.getenv(),
                System.in,
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err),
                System.getProperty("cloison.terminals", ""),
                Signals::on,
                new VmHost(line -> System.err.println("cloison: " + line)));
        System.exit(new CommandLineRun(surroundings).run(arguments));
    }
}

package cloison.systemtests;

import java.util.List;
import java.util.regex.Pattern;

/// The shell of a fetched guest on its console, which runs a command at a time.
///
/// **Owner:** the test's thread.
final class Shell {
    /// What the kernel says when something went wrong in itself or, unexpectedly, in a program.
    private static final Pattern COMPLAINT =
            Pattern.compile("BUG|WARNING|Call [Tt]race|Oops|segfault|general protection|traps:|detected stalls|lockup");

    private static final String PROMPT = "/ # ";

    private final Program console;

    /// The shell of the guest on `console`, once it is there.
    Shell(Program console) {
        this.console = console;
        console.await(PROMPT);
        // From here on nothing is echoed, and the status follows what each command prints. This line is still echoed,
        // but
        // without the mark: the guest puts it together.
        console.type("stty -echo; while read -r line; do eval \"$line\"; echo \"[sta\"\"tus $?]\"; done");
        run("true");
    }

    /// Runs a command that must succeed; {@return what it printed, with what the kernel said meanwhile}
    String run(String command) {
        console.type(command);
        String printed = console.await("[status ");
        String status = console.await("]");
        if (!status.equals("0")) {
            throw new AssertionError("'" + command + "' ended with status " + status + ":\n" + printed);
        }
        return printed.replace("\r", "").strip();
    }

    /// {@return the lines of the kernel's log that complain}
    List<String> complaints() {
        return run("dmesg").lines().filter(COMPLAINT.asPredicate()).toList();
    }

    /// Types a command after which nothing more is heard of the shell.
    void last(String command) {
        console.type(command);
    }
}

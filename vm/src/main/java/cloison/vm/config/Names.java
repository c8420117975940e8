package cloison.vm.config;

/// The rule for the names of partitions and switches.
final class Names {
    private static final int LONGEST = 32;

    private Names() {}

    /// Refuses `name` unless it can stand in a file name, a log line and a thread name.
    static void check(String what, String name) {
        if (name.length() > LONGEST || !name.matches("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")) {
            throw new ConfigurationException("the " + what + " name '" + name + "' cannot be used; write up to "
                    + LONGEST + " letters, digits and inner '-', '_' or '.'");
        }
    }
}

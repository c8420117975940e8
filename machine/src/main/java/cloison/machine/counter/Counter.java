package cloison.machine.counter;

/// One thing that is counted. An enum of them belongs to each owner; export is by enumeration.
public interface Counter {
    /// {@return the constant's name}
    String name();

    /// {@return the constant's place in its enum}
    int ordinal();

    /// {@return what is counted, in one sentence for people}
    String sentence();
}

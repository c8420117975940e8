package cloison.vsp.ic.protocol;

/// A version of the framing or of a service's messages.
public record IcVersion(int major, int minor) implements Comparable<IcVersion> {
    /// Bytes on the wire: two 16-bit fields.
    public static final int SIZE = 4;

    @Override
    public int compareTo(IcVersion other) {
        return major != other.major ? Integer.compare(major, other.major) : Integer.compare(minor, other.minor);
    }

    /// {@return whether this version has what came with `other`}
    public boolean atLeast(IcVersion other) {
        return compareTo(other) >= 0;
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}

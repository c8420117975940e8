package cloison.net.port;

import java.util.BitSet;

/// Which VLANs a port belongs to, and which of its frames carry a tag. A port keeps it for life.
///
/// A frame without a tag, or with one that names no VLAN (a priority tag), is *untagged* here.
public sealed interface PortVlan {
    /// The network of those who use no VLAN: frames between untagged ports.
    int NONE = 0;

    /// The identifiers that a VLAN can have are above 0 and below this one.
    int RESERVED = 4095;

    /// A port without VLAN: its adapter sends and receives untagged frames, tagged ones are dropped.
    Untagged UNTAGGED = new Untagged();

    /// See [#UNTAGGED].
    record Untagged() implements PortVlan {
        @Override
        public int classify(int identifier) {
            return identifier == NONE ? NONE : REFUSED;
        }

        @Override
        public boolean carries(int vlan) {
            return vlan == NONE;
        }

        @Override
        public boolean tags(int vlan) {
            return false;
        }
    }

    /// A port in one VLAN of which its adapter knows nothing: it sends and receives untagged frames, tagged ones are
    /// dropped, whatever VLAN they name.
    ///
    /// @param identifier the VLAN
    record Access(int identifier) implements PortVlan {
        /// A VLAN that can be.
        public Access {
            checked(identifier);
        }

        @Override
        public int classify(int named) {
            return named == NONE ? identifier : REFUSED;
        }

        @Override
        public boolean carries(int vlan) {
            return vlan == identifier;
        }

        @Override
        public boolean tags(int vlan) {
            return false;
        }
    }

    /// A port whose adapter takes part in several VLANs by tags; its untagged frames are those of the native VLAN.
    final class Trunk implements PortVlan {
        private final int nativeVlan;
        private final BitSet carried = new BitSet(RESERVED + 1);

        /// A port of the native VLAN, which may be [#NONE], and of `allowed`.
        public Trunk(int nativeVlan, int... allowed) {
            this.nativeVlan = nativeVlan == NONE ? NONE : checked(nativeVlan);
            for (int identifier : allowed) {
                carried.set(checked(identifier));
            }
            carried.set(nativeVlan);
        }

        @Override
        public int classify(int identifier) {
            if (identifier == NONE) {
                return nativeVlan;
            }
            return carried.get(identifier) ? identifier : REFUSED;
        }

        @Override
        public boolean carries(int vlan) {
            return carried.get(vlan);
        }

        @Override
        public boolean tags(int vlan) {
            return vlan != nativeVlan;
        }
    }

    /// No VLAN: the frame must not enter.
    int REFUSED = -1;

    /// {@return the VLAN of a frame from the adapter, [#NONE], or [#REFUSED]}
    ///
    /// @param identifier what the frame's tag names, 0 for an untagged frame
    int classify(int identifier);

    /// {@return whether frames of `vlan` may leave to the adapter}
    boolean carries(int vlan);

    /// {@return whether frames of `vlan`, which the port carries, leave to the adapter with a tag}
    boolean tags(int vlan);

    /// {@return `identifier`}
    ///
    /// @throws IllegalArgumentException if no VLAN can have it
    static int checked(int identifier) {
        if (identifier <= NONE || identifier >= RESERVED) {
            throw new IllegalArgumentException("there is no VLAN " + identifier + "; use 1 to " + (RESERVED - 1));
        }
        return identifier;
    }
}

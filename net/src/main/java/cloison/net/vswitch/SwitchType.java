package cloison.net.vswitch;

/// Who can be connected to a switch.
public enum SwitchType {
    /// Children only; the parent can neither send nor receive.
    PRIVATE,
    /// Children and the parent.
    INTERNAL
}

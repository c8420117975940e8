package cloison.vsp.ic;

import cloison.hyperv.vmbus.Offer;
import cloison.machine.wire.Guid;
import cloison.machine.wire.Wire;

/// How an integration service is offered: as a pipe in message mode.
public final class IcOffer {
    private static final int ENUMERATE = 0x0001;
    private static final int NAMED_PIPE = 0x0010;
    private static final int MESSAGE_MODE = 4;

    private IcOffer() {}

    /// {@return the offer of a service}
    public static Offer of(String interfaceType, String instance, String name) {
        byte[] userDefined = new byte[Offer.USER_DEFINED_SIZE];
        Wire.put32(userDefined, 0, MESSAGE_MODE);
        return new Offer(Guid.of(interfaceType), Guid.of(instance), ENUMERATE | NAMED_PIPE, 0, userDefined, name);
    }
}

package cloison.vsp.shutdown;

import cloison.vsp.ic.IcService;
import cloison.vsp.ic.RequestBox;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.ic.protocol.IcVersion;
import cloison.vsp.shutdown.protocol.ShutdownBody;
import org.jspecify.annotations.Nullable;

/// The requests on one open channel.
///
/// **Owner:** the channel's thread.
final class Shutdowns implements IcService {
    private static final IcVersion RESTARTS = new IcVersion(3, 1);
    private static final IcVersion HIBERNATES = new IcVersion(3, 2);

    // wiring
    private final RequestBox<ShutdownVsp.Pending> requests;

    // state
    private IcVersion version = new IcVersion(1, 0);
    private ShutdownVsp.@Nullable Pending current;

    Shutdowns(RequestBox<ShutdownVsp.Pending> requests, Runnable wake) {
        this.requests = requests;
        // Linux's driver answers by itself, soon; what is asked before waits for it.
        requests.open(wake);
    }

    @Override
    public void agreed(IcVersion chosen) {
        version = chosen;
    }

    @Override
    public void disagreed() {
        requests.close();
    }

    @Override
    public byte @Nullable [] request() {
        while (current == null) {
            ShutdownVsp.Pending next = requests.poll();
            if (next == null) {
                return null;
            }
            IcVersion needed = needed(next.request().action());
            if (version.atLeast(needed)) {
                current = next;
            } else {
                next.answer()
                        .complete(new ShutdownAnswer.Unavailable("the guest's driver speaks version " + version + ", "
                                + next.request().action() + " needs " + needed));
            }
        }
        ShutdownRequest request = current.request();
        return ShutdownBody.encode(request.timeoutSeconds(), flags(request), request.text());
    }

    private static IcVersion needed(ShutdownRequest.Action action) {
        return switch (action) {
            case POWER_OFF -> new IcVersion(1, 0);
            case RESTART -> RESTARTS;
            case HIBERNATE -> HIBERNATES;
        };
    }

    private static int flags(ShutdownRequest request) {
        int flags = request.forced() ? ShutdownBody.FLAG_FORCED : 0;
        return switch (request.action()) {
            case POWER_OFF -> flags;
            case RESTART -> flags | ShutdownBody.FLAG_RESTART;
            case HIBERNATE -> flags | ShutdownBody.FLAG_HIBERNATE;
        };
    }

    @Override
    public void sent() {}

    @Override
    public void answered(int status, byte[] body) {
        if (current != null) {
            current.answer()
                    .complete(
                            status == IcMessage.STATUS_OK
                                    ? new ShutdownAnswer.Accepted()
                                    : new ShutdownAnswer.Refused(status));
            current = null;
        }
    }

    @Override
    public void closed() {
        requests.close();
        if (current != null) {
            current.answer().complete(new ShutdownAnswer.Unavailable("the guest closed the shutdown service"));
            current = null;
        }
    }
}

package cloison.vsp.kvp;

import cloison.vsp.ic.IcService;
import cloison.vsp.ic.RequestBox;
import cloison.vsp.ic.protocol.IcMessage;
import cloison.vsp.ic.protocol.IcVersion;
import cloison.vsp.kvp.protocol.KvpBody;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The exchanges on one open channel.
///
/// **Owner:** the channel's thread.
final class KvpExchanges implements IcService {
    /// Pairs that an enumeration takes from a guest at most.
    static final int ITEM_LIMIT = 1024;

    // wiring
    private final RequestBox<KvpVsp.Pending> requests;
    private final Runnable wake;

    // state
    private KvpVsp.@Nullable Pending current;
    private List<KvpItem> items = List.of();
    private int index;

    KvpExchanges(RequestBox<KvpVsp.Pending> requests, Runnable wake) {
        this.requests = requests;
        this.wake = wake;
    }

    @Override
    public void agreed(IcVersion version) {
        requests.open(wake);
    }

    @Override
    public byte @Nullable [] request() {
        if (current == null) {
            current = requests.poll();
            if (current == null) {
                return null;
            }
            items = new ArrayList<>();
            index = 0;
        }
        KvpRequest request = current.request();
        int pool = request.pool().ordinal();
        return switch (request) {
            case KvpRequest.Read read -> KvpBody.get(pool, read.key());
            case KvpRequest.Write write -> KvpBody.set(pool, write.key(), write.value());
            case KvpRequest.Delete delete -> KvpBody.delete(pool, delete.key());
            case KvpRequest.Enumerate _ -> KvpBody.enumerate(pool, index);
        };
    }

    @Override
    public void sent() {}

    @Override
    public void answered(int status, byte[] body) {
        KvpVsp.Pending pending = current;
        if (pending == null) {
            return;
        }
        KvpAnswer answer = switch (pending.request()) {
            case KvpRequest.Read read -> read(read, status, body);
            case KvpRequest.Enumerate _ -> next(status, body);
            case KvpRequest.Write _, KvpRequest.Delete _ -> changed(status);
        };
        if (answer != null) {
            current = null;
            pending.answer().complete(answer);
        }
    }

    private static KvpAnswer changed(int status) {
        return switch (status) {
            case IcMessage.STATUS_OK -> new KvpAnswer.Done();
            case IcMessage.STATUS_NO_MORE_ITEMS -> new KvpAnswer.NotFound();
            default -> new KvpAnswer.Failed(status);
        };
    }

    private static KvpAnswer read(KvpRequest.Read read, int status, byte[] body) {
        if (status != IcMessage.STATUS_OK) {
            return changed(status);
        }
        return switch (KvpBody.decode(KvpBody.GET, body)) {
            case KvpBody.Pair pair -> new KvpAnswer.Items(List.of(new KvpItem(read.key(), pair.value())), true);
            case KvpBody.Malformed _ -> new KvpAnswer.Failed(IcMessage.STATUS_FAILED);
        };
    }

    /// {@return the answer if the enumeration has ended, else null}
    private @Nullable KvpAnswer next(int status, byte[] body) {
        if (status == IcMessage.STATUS_NO_MORE_ITEMS) {
            return new KvpAnswer.Items(List.copyOf(items), true);
        }
        if (status != IcMessage.STATUS_OK) {
            return new KvpAnswer.Failed(status);
        }
        if (!(KvpBody.decode(KvpBody.ENUMERATE, body) instanceof KvpBody.Pair pair)) {
            return new KvpAnswer.Failed(IcMessage.STATUS_FAILED);
        }
        items.add(new KvpItem(pair.key(), pair.value()));
        index++;
        return index == ITEM_LIMIT ? new KvpAnswer.Items(List.copyOf(items), false) : null;
    }

    @Override
    public void closed() {
        requests.close();
        if (current != null) {
            current.answer().complete(new KvpAnswer.Unavailable("the guest closed the key-value pair service"));
            current = null;
        }
    }
}

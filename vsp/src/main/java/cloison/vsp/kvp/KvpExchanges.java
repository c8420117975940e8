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
/// A pair is read by enumerating its pool until it comes, not by the operation for that: Linux answers that one
/// without the value (its daemon copies as many bytes of it as the request says, which are none, and its kernel looks
/// for them four bytes too far), and knows the automatic pool's pairs only when it enumerates.
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
            case KvpRequest.Write write -> KvpBody.set(pool, write.key(), write.value());
            case KvpRequest.Delete delete -> KvpBody.delete(pool, delete.key());
            case KvpRequest.Read _, KvpRequest.Enumerate _ -> KvpBody.enumerate(pool, index);
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
            case KvpRequest.Read read -> sought(read.key(), next(status, body));
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

    /// {@return the answer to a search for `key` after one more pair, null if it goes on}
    private @Nullable KvpAnswer sought(String key, @Nullable KvpAnswer enumerated) {
        if (!items.isEmpty() && items.getLast().key().equals(key)) {
            return new KvpAnswer.Items(List.of(items.getLast()), true);
        }
        return switch (enumerated) {
            case KvpAnswer.Items all when all.complete() -> new KvpAnswer.NotFound();
            case KvpAnswer.Items _ ->
                new KvpAnswer.Unavailable(
                        "the key '" + key + "' is not among the first " + ITEM_LIMIT + " of the pool");
            case null -> null;
            default -> enumerated;
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
        if (!(KvpBody.decode(body) instanceof KvpBody.Pair pair)) {
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

package cloison.vsp.kvp;

import cloison.machine.wire.Wire;
import cloison.vsp.ic.IcGuest;
import cloison.vsp.ic.protocol.IcMessage;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A pool as Linux 6.1's driver and daemon tell of it, with their errors: the answer to a request for the value of one
/// key says that all is well and has an empty text.
///
/// @param pool the pairs
record LinuxDaemon(List<KvpItem> pool) {
    private static final int GET = 0;
    private static final int ENUMERATE = 3;
    private static final int TEXT = 1;

    /// Answers a request in its own buffer.
    void answer(IcGuest.Request request, IcGuest to) {
        byte[] body = request.body();
        switch (body[0]) {
            case GET -> {
                Wire.put32(body, 4, TEXT);
                value(body, 12, 16 + 512, "");
                to.answer(request, IcMessage.STATUS_OK, body);
            }
            case ENUMERATE -> {
                int index = Wire.i32(body, 4);
                if (index >= pool.size()) {
                    to.answer(request, IcMessage.STATUS_NO_MORE_ITEMS, body);
                    return;
                }
                Wire.put32(body, 8, TEXT);
                value(body, 12, 20, pool.get(index).key());
                value(body, 16, 20 + 512, pool.get(index).value());
                to.answer(request, IcMessage.STATUS_OK, body);
            }
            default -> throw new AssertionError("a pool is not read with operation " + body[0]);
        }
    }

    private static void value(byte[] body, int sizeAt, int at, String text) {
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.UTF_16LE);
        Wire.put32(body, sizeAt, bytes.length);
        System.arraycopy(bytes, 0, body, at, bytes.length);
    }
}

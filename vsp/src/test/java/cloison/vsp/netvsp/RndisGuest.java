package cloison.vsp.netvsp;

import cloison.hyperv.vmbus.ChannelPair;
import cloison.hyperv.vmbus.GuestPacket;
import cloison.hyperv.vmbus.GuestRam;
import cloison.hyperv.vmbus.GuestRings.GpaRange;
import cloison.hyperv.vmbus.Packet;
import cloison.machine.memory.GuestMemory;
import cloison.machine.wire.Wire;
import cloison.vsp.netvsp.protocol.NvspMessage;
import cloison.vsp.netvsp.protocol.NvspVersion;
import cloison.vsp.netvsp.protocol.Oid;
import cloison.vsp.netvsp.protocol.RndisMessage;
import cloison.vsp.netvsp.protocol.RndisPacket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A guest's network driver without a guest: speaks NVSP and RNDIS as Linux does, and as no driver should.
///
/// Each method does its part and lets the host come to rest. What the host sent is sorted into [#frames],
/// [#indications], answers and completions.
///
/// **Owner:** the test's thread.
public final class RndisGuest {
    public static final int RECEIVE_GPADL = 0xE1E10;
    public static final int SEND_GPADL = 0xE1E11;
    public static final int RECEIVE_BUFFER_ID = 0xCAFE;
    public static final int FILTER_NORMAL = 0x0D;
    public static final int FILTER_PROMISCUOUS = 0x20;

    private static final int MESSAGE_PAGES = 4;

    /// Frames that came, in order.
    public final List<byte[]> frames = new ArrayList<>();
    /// The VLAN information of each frame, or -1.
    public final List<Integer> vlans = new ArrayList<>();
    /// How many frames came in each packet.
    public final List<Integer> batches = new ArrayList<>();
    /// The status of each indication.
    public final List<Integer> indications = new ArrayList<>();
    /// Completions by transaction id; a packet that asked for none must have none.
    public final Map<Long, byte[]> completions = new HashMap<>();
    /// Packets from the host that wait for [#completeReceives].
    public final List<Long> uncompleted = new ArrayList<>();

    private final GuestRam ram;
    private final int ringPages;
    private final Map<Integer, byte[]> answers = new HashMap<>();
    private final int receivePages;
    private final int sendPages;
    private final long receivePfn;
    private final long sendPfn;
    private final long messagePfn;
    private ChannelPair pair;
    private long lastTransaction = 1000;
    private int lastRequest;
    private boolean completing = true;

    /// A guest with rings of 512 KiB, a receive buffer of 1 MiB and a send buffer of 256 KiB.
    public RndisGuest() {
        this(new GuestRam(4096, 0), 129, 256, 64);
    }

    /// A guest with these sizes.
    ///
    /// @param ringPages pages of each ring, control page included
    public RndisGuest(GuestRam ram, int ringPages, int receivePages, int sendPages) {
        this.ram = ram;
        this.ringPages = ringPages;
        this.receivePages = receivePages;
        this.sendPages = sendPages;
        messagePfn = ram.allocate(MESSAGE_PAGES);
        receivePfn = ram.allocate(receivePages);
        sendPfn = ram.allocate(sendPages);
        pair = freshPair();
    }

    private ChannelPair freshPair() {
        ChannelPair fresh = new ChannelPair(ram, ringPages);
        share(fresh);
        return fresh;
    }

    private void share(ChannelPair on) {
        on.share(RECEIVE_GPADL, receivePfn, receivePages);
        on.share(SEND_GPADL, sendPfn, sendPages);
    }

    /// Shares both buffers again, in case they were revoked.
    public void shareBuffers() {
        share(pair);
    }

    /// {@return the guest's memory}
    public GuestMemory memory() {
        return ram.memory();
    }

    /// {@return the channel, until it is closed}
    public ChannelPair pair() {
        return pair;
    }

    /// Opens the channel.
    public RndisGuest open(NetVsp device) {
        pair.open(device);
        return this;
    }

    /// Does all that Linux does before an interface is up, with the newest version.
    public RndisGuest bringUp() {
        return bringUp(NvspVersion.V6_1, 1514, FILTER_NORMAL);
    }

    /// Does all that Linux does before an interface is up.
    ///
    /// @param mtu the longest frame, header included
    public RndisGuest bringUp(NvspVersion version, int mtu, int filter) {
        check(init(version.code()) == NvspMessage.STATUS_SUCCESS, "version");
        if (version.atLeast(NvspVersion.V2)) {
            tell(message(NvspMessage.NdisConfiguration.TYPE, mtu, 0, 0x0000_00AC, 0));
        }
        tell(message(NvspMessage.NdisVersion.TYPE, 6, version.atLeast(NvspVersion.V5) ? 30 : 1));
        check(shareReceiveBuffer(RECEIVE_GPADL) == NvspMessage.STATUS_SUCCESS, "receive buffer");
        check(shareSendBuffer(SEND_GPADL) == NvspMessage.STATUS_SUCCESS, "send buffer");
        check(initialize() == 0, "initialize");
        check(set(Oid.TCP_OFFLOAD_PARAMETERS, offloadParameters()) == 0, "offload parameters");
        check(setFilter(filter) == 0, "filter");
        return this;
    }

    private static void check(boolean well, String what) {
        if (!well) {
            throw new AssertionError("refused: " + what);
        }
    }

    // NVSP

    /// {@return a message of 40 bytes with these fields of 32 bits}
    public static byte[] message(int type, int... fields) {
        byte[] to = new byte[NvspMessage.SIZE];
        Wire.put32(to, 0, type);
        for (int i = 0; i < fields.length; i++) {
            Wire.put32(to, 4 + 4 * i, fields[i]);
        }
        return to;
    }

    /// Sends a message that wants no completion.
    public void tell(byte[] message) {
        pair.send(++lastTransaction, false, message);
        settle();
    }

    /// {@return the completion of a message that wants one, or null}
    public byte[] ask(byte[] message) {
        long transaction = ++lastTransaction;
        pair.send(transaction, true, message);
        settle();
        return completions.remove(transaction);
    }

    /// {@return the status of a version proposal}
    public int init(int version) {
        byte[] answer = ask(message(NvspMessage.Init.TYPE, version, version));
        check(Wire.i32(answer, 0) == NvspMessage.Init.COMPLETE, "completion type");
        return Wire.i32(answer, 12);
    }

    /// {@return the status of sharing the receive buffer}
    public int shareReceiveBuffer(int gpadl) {
        byte[] answer = ask(message(NvspMessage.ReceiveBuffer.TYPE, gpadl, RECEIVE_BUFFER_ID));
        check(Wire.i32(answer, 0) == NvspMessage.ReceiveBuffer.COMPLETE, "completion type");
        return Wire.i32(answer, 4);
    }

    /// {@return the status of sharing the send buffer}
    public int shareSendBuffer(int gpadl) {
        byte[] answer = ask(message(NvspMessage.SendBuffer.TYPE, gpadl, 0));
        check(Wire.i32(answer, 0) == NvspMessage.SendBuffer.COMPLETE, "completion type");
        return Wire.i32(answer, 4);
    }

    // RNDIS, control

    /// {@return an RNDIS message with these fields of 32 bits}
    public static byte[] rndis(int type, int... fields) {
        byte[] to = new byte[8 + 4 * fields.length];
        Wire.put32(to, 0, type);
        Wire.put32(to, 4, to.length);
        for (int i = 0; i < fields.length; i++) {
            Wire.put32(to, 8 + 4 * i, fields[i]);
        }
        return to;
    }

    /// Sends a control message in pages; {@return the status of its completion}
    public int sendControl(byte[] message) {
        ram.write(messagePfn << GuestMemory.PAGE_SHIFT, message);
        long transaction = ++lastTransaction;
        pair.sendGpaDirect(
                transaction,
                true,
                message(NvspMessage.RndisPacket.TYPE, NvspMessage.CHANNEL_CONTROL, NvspMessage.NO_SECTION, 0),
                range(messagePfn, 0, message.length));
        settle();
        byte[] completion = completions.remove(transaction);
        return completion == null ? -1 : Wire.i32(completion, 4);
    }

    /// {@return the answer to a control message whose first field is its request id, or null}
    public byte[] request(byte[] message) {
        sendControl(message);
        return answers.remove(Wire.i32(message, 8));
    }

    /// {@return the RNDIS status of an initialisation}
    public int initialize() {
        byte[] answer = request(rndis(RndisMessage.INITIALIZE, ++lastRequest, 1, 0, 0x4000));
        return answer == null ? -1 : Wire.i32(answer, 12);
    }

    /// Halts RNDIS; {@return the status of the completion}
    public int halt() {
        return sendControl(rndis(RndisMessage.HALT, ++lastRequest));
    }

    /// {@return the whole answer to a query}
    public byte[] queryAnswer(int oid, byte[] input) {
        byte[] head = rndis(RndisMessage.QUERY, ++lastRequest, oid, input.length, 20, 0);
        return request(with(head, input));
    }

    /// {@return the object that a query found, or null if it failed}
    public byte[] query(int oid, byte... input) {
        byte[] answer = queryAnswer(oid, input);
        if (answer == null || Wire.i32(answer, 12) != 0) {
            return null;
        }
        int at = 8 + (int) Wire.u32(answer, 20);
        return Arrays.copyOfRange(answer, at, at + (int) Wire.u32(answer, 16));
    }

    /// {@return the number of 32 bits that a query found}
    public long queryNumber(int oid) {
        return Wire.u32(query(oid), 0);
    }

    /// {@return the RNDIS status of setting an object}
    public int set(int oid, byte[] object) {
        byte[] answer = request(with(rndis(RndisMessage.SET, ++lastRequest, oid, object.length, 20, 0), object));
        return answer == null ? -1 : Wire.i32(answer, 12);
    }

    private static byte[] with(byte[] head, byte[] object) {
        byte[] whole = Arrays.copyOf(head, head.length + object.length);
        System.arraycopy(object, 0, whole, head.length, object.length);
        Wire.put32(whole, 4, whole.length);
        return whole;
    }

    /// {@return the RNDIS status of setting the packet filter}
    public int setFilter(int filter) {
        byte[] object = new byte[4];
        Wire.put32(object, 0, filter);
        return set(Oid.GEN_CURRENT_PACKET_FILTER, object);
    }

    /// {@return what Linux sets when nothing is offered}
    public static byte[] offloadParameters() {
        byte[] object = new byte[28];
        object[0] = (byte) 0x80;
        object[1] = 3;
        object[2] = 28;
        object[4] = 1;
        return object;
    }

    // RNDIS, frames

    /// {@return an RNDIS message with a frame, and a VLAN information unless it is negative}
    public static byte[] packet(byte[] frame, int vlanInfo) {
        byte[] head = new byte[RndisPacket.HEADER_SIZE + (vlanInfo < 0 ? 0 : RndisPacket.INFO_SIZE)];
        int size = RndisPacket.encode(head, frame.length, vlanInfo < 0 ? -1 : RndisPacket.tag(vlanInfo));
        byte[] whole = Arrays.copyOf(head, size + frame.length);
        System.arraycopy(frame, 0, whole, size, frame.length);
        return whole;
    }

    /// {@return messages one after the other, each but the last padded to 8 bytes}
    public static byte[] batch(byte[]... messages) {
        byte[] all = new byte[0];
        for (int i = 0; i < messages.length; i++) {
            byte[] message = messages[i];
            if (i < messages.length - 1) {
                message = Arrays.copyOf(message, message.length + 7 & ~7);
                Wire.put32(message, 4, message.length);
            }
            int at = all.length;
            all = Arrays.copyOf(all, at + message.length);
            System.arraycopy(message, 0, all, at, message.length);
        }
        return all;
    }

    /// Sends RNDIS bytes in a section of the send buffer; {@return the status of the completion, -1 if there is none}
    public int sendSection(int section, byte[] bytes) {
        writeSection(section, bytes);
        return sendRaw(
                message(NvspMessage.RndisPacket.TYPE, NvspMessage.CHANNEL_DATA, section, bytes.length),
                new GpaRange[0]);
    }

    /// {@return how many sections the send buffer has}
    public int sendSections() {
        return sendPages * GuestMemory.PAGE_SIZE / SendBuffer.SECTION_SIZE;
    }

    /// Writes into a section of the send buffer.
    public void writeSection(int section, byte[] bytes) {
        ram.write((sendPfn << GuestMemory.PAGE_SHIFT) + (long) section * SendBuffer.SECTION_SIZE, bytes);
    }

    /// Sends RNDIS bytes in pages: the first `headed` of them in a range of their own.
    public int sendPages(byte[] bytes, int headed) {
        int dataAt = 2 * GuestMemory.PAGE_SIZE - 100;
        long base = messagePfn << GuestMemory.PAGE_SHIFT;
        ram.write(base + 16, Arrays.copyOf(bytes, headed));
        ram.write(base + dataAt, Arrays.copyOfRange(bytes, headed, bytes.length));
        return sendRaw(
                message(NvspMessage.RndisPacket.TYPE, NvspMessage.CHANNEL_DATA, NvspMessage.NO_SECTION, 0),
                range(messagePfn, 16, headed),
                range(messagePfn + 1, dataAt - GuestMemory.PAGE_SIZE, bytes.length - headed));
    }

    /// Sends RNDIS bytes partly in a section, partly in pages.
    public int sendMixed(int section, byte[] bytes, int inSection) {
        writeSection(section, Arrays.copyOf(bytes, inSection));
        ram.write((messagePfn << GuestMemory.PAGE_SHIFT) + 64, Arrays.copyOfRange(bytes, inSection, bytes.length));
        return sendRaw(
                message(NvspMessage.RndisPacket.TYPE, NvspMessage.CHANNEL_DATA, section, inSection),
                range(messagePfn, 64, bytes.length - inSection));
    }

    /// Sends a message with ranges; {@return the status of the completion, -1 if there is none}
    public int sendRaw(byte[] message, GpaRange... ranges) {
        long transaction = ++lastTransaction;
        if (ranges.length == 0) {
            pair.send(transaction, true, message);
        } else {
            pair.sendGpaDirect(transaction, true, message, ranges);
        }
        settle();
        byte[] completion = completions.remove(transaction);
        return completion == null || completion.length < 8 ? -1 : Wire.i32(completion, 4);
    }

    /// Sends a frame as Linux sends a small one.
    public int send(byte[] frame) {
        return sendSection((int) (lastTransaction % 8), packet(frame, -1));
    }

    /// {@return a range of consecutive pages}
    public static GpaRange range(long firstPfn, int offset, int length) {
        int count = offset + length + GuestMemory.PAGE_SIZE - 1 >>> GuestMemory.PAGE_SHIFT;
        long[] pfns = new long[count];
        for (int i = 0; i < count; i++) {
            pfns[i] = firstPfn + i;
        }
        return new GpaRange(length, offset, pfns);
    }

    /// {@return the first page of the memory for messages}
    public long messagePfn() {
        return messagePfn;
    }

    // what comes from the host

    /// Lets the host come to rest and takes what it sent.
    public void settle() {
        pair.settle();
        boolean more = true;
        while (more) {
            more = false;
            for (GuestPacket packet = pair.receive(); packet != null; packet = pair.receive()) {
                take(packet);
                more = true;
            }
            pair.settle();
        }
    }

    /// Chooses whether packets from the host are completed at once.
    public void completing(boolean atOnce) {
        completing = atOnce;
    }

    /// Completes what the host sent and was not completed.
    public void completeReceives() {
        for (long transaction : uncompleted) {
            complete(transaction);
        }
        uncompleted.clear();
        settle();
    }

    /// Completes a packet from the host, whether or not there was one.
    public void complete(long transaction) {
        byte[] message = new byte[8];
        Wire.put32(message, 0, NvspMessage.RndisPacket.COMPLETE);
        Wire.put32(message, 4, NvspMessage.STATUS_SUCCESS);
        pair.complete(transaction, message);
    }

    private void take(GuestPacket packet) {
        switch (packet.type()) {
            case Packet.COMPLETION -> {
                if (completions.put(packet.transactionId(), packet.payload()) != null) {
                    throw new AssertionError("completed twice: " + packet.transactionId());
                }
            }
            case Packet.TRANSFER_PAGES -> takeRanges(packet);
            default -> throw new AssertionError("a packet of type " + packet.type());
        }
    }

    private void takeRanges(GuestPacket packet) {
        byte[] extension = packet.extension();
        check(packet.completionRequested(), "a transfer without completion");
        check(packet.payload().length == NvspMessage.SIZE, "an announcement of 40 bytes");
        check(Wire.i32(packet.payload(), 0) == NvspMessage.RndisPacket.TYPE, "an RNDIS packet");
        check(Wire.u16(extension, 0) == RECEIVE_BUFFER_ID, "the receive buffer's id");
        int count = (int) Wire.u32(extension, 4);
        int framesBefore = frames.size();
        for (int i = 0; i < count; i++) {
            int length = (int) Wire.u32(extension, 8 + 8 * i);
            long offset = Wire.u32(extension, 12 + 8 * i);
            check(offset + length <= (long) receivePages * GuestMemory.PAGE_SIZE, "a range in the buffer");
            takeMessage(ram.read((receivePfn << GuestMemory.PAGE_SHIFT) + offset, length));
        }
        if (frames.size() > framesBefore) {
            batches.add(frames.size() - framesBefore);
        }
        if (completing) {
            complete(packet.transactionId());
        } else {
            uncompleted.add(packet.transactionId());
        }
    }

    private void takeMessage(byte[] message) {
        check(Wire.u32(message, 4) == message.length, "the length of a message");
        int type = Wire.i32(message, 0);
        switch (type) {
            case RndisMessage.PACKET -> {
                int at = (int) RndisPacket.dataAt(message);
                frames.add(Arrays.copyOfRange(message, at, at + (int) RndisPacket.dataLength(message)));
                vlans.add(
                        RndisPacket.infoLength(message) == 0
                                ? -1
                                : Wire.i32(message, (int) RndisPacket.infoAt(message) + 12));
            }
            case RndisMessage.INDICATE -> indications.add(Wire.i32(message, 8));
            case RndisMessage.RESET | RndisMessage.ANSWER -> answers.put(0, message);
            default -> {
                check((type & RndisMessage.ANSWER) != 0, "an answer");
                check(answers.put(Wire.i32(message, 8), message) == null, "one answer to a request");
            }
        }
    }

    /// {@return the answer to a reset}
    public byte[] resetAnswer() {
        return answers.remove(0);
    }

    /// Closes the channel, as `rmmod` does after its halt and revocations; it can be opened again, with fresh rings.
    public void close() {
        pair.close();
        pair = freshPair();
        completions.clear();
        answers.clear();
        uncompleted.clear();
    }

    /// Leaves as Linux does: halt, revocations, close.
    public void leave() {
        check(halt() == NvspMessage.STATUS_SUCCESS, "halt");
        tell(message(NvspMessage.RevokeReceiveBuffer.TYPE, RECEIVE_BUFFER_ID));
        tell(message(NvspMessage.RevokeSendBuffer.TYPE, 0));
        close();
    }
}

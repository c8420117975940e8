package cloison.chipset.uart;

import cloison.chipset.isa.ByteWideDevice;
import cloison.chipset.isa.DeviceTimer;
import cloison.machine.interrupt.InterruptLine;
import cloison.machine.time.Clock;
import cloison.machine.time.TimerQueue;

/// A 16550A serial port.
///
/// A byte written goes to the sink at once, so the transmitter is empty again when the write returns; only when the
/// sink has no room does the byte wait in the transmit FIFO, and the guest with it. Bytes for the guest wait in a
/// bounded queue in front of the receive FIFO, so nothing overruns, and until the guest listens, so that nothing is
/// lost to a driver that probes and clears the port before somebody opens it. CTS, DSR and DCD are always on.
///
/// ```text
///      DLAB=0 read   DLAB=0 write   DLAB=1           read           write
///  +0  received      transmit       divisor low   +4 modem control
///  +1  interrupt enable             divisor high  +5 line status
///  +2  interrupt id  FIFO control                 +6 modem status
///  +3  line control                               +7 scratch
/// ```
///
/// **Owner:** who holds the device's lock; [#receive] and [#receiveBreak] take it and may be called from any thread.
public final class Uart implements ByteWideDevice {
    /// Number of I/O ports.
    public static final int PORTS = 8;
    /// Characters that wait for the guest, at most.
    public static final int WAITING = 4096;

    private static final int FIFO_SIZE = 16;
    private static final long RETRY_NANOS = 1_000_000;
    /// Looks at the line status in a row, with nothing else to see than an empty transmitter, that only who waits for a
    /// character takes.
    private static final int WAITING_LOOKS = 16;

    private static final int DATA = 0;
    private static final int INTERRUPT_ENABLE = 1;
    private static final int INTERRUPT_ID = 2;
    private static final int LINE_CONTROL = 3;
    private static final int MODEM_CONTROL = 4;
    private static final int LINE_STATUS = 5;
    private static final int MODEM_STATUS = 6;
    private static final int SCRATCH = 7;

    /// Interrupt enable.
    private static final int ENABLE_RECEIVED = 1;

    private static final int ENABLE_TRANSMIT = 2;
    private static final int ENABLE_LINE = 4;
    private static final int ENABLE_MODEM = 8;

    /// Interrupt identification.
    private static final int ID_MODEM = 0x0;

    private static final int ID_NONE = 0x1;
    private static final int ID_TRANSMIT = 0x2;
    private static final int ID_RECEIVED = 0x4;
    private static final int ID_LINE = 0x6;
    private static final int ID_TIMEOUT = 0xC;
    private static final int ID_FIFO = 0xC0;

    /// FIFO control.
    private static final int FIFO_ENABLE = 1;

    private static final int FIFO_CLEAR_RECEIVE = 2;
    private static final int FIFO_CLEAR_TRANSMIT = 4;
    private static final int FIFO_KEPT = 0xC9;

    private static final int DIVISOR_LATCH = 0x80;

    /// Modem control.
    private static final int RTS = 0x02;

    private static final int OUT2 = 0x08;

    private static final int LOOPBACK = 0x10;

    /// Line status.
    private static final int READY = 0x01;

    private static final int OVERRUN = 0x02;
    private static final int BREAK = 0x10;
    private static final int TRANSMIT_EMPTY = 0x60;
    private static final int FIFO_ERROR = 0x80;
    private static final int ERRORS = 0x1E;

    /// Modem status.
    private static final int RING = 0x40;

    private static final int CONNECTED = 0xB0;
    private static final int RING_ENDED = 0x04;

    /// Where a queued character keeps its line-status bits.
    private static final int STATUS_SHIFT = 8;

    // wiring
    private final int base;
    private final InterruptLine interrupt;
    private final ByteSink sink;
    private final Clock clock;
    private final DeviceTimer retry;

    // registers
    private int interruptEnable;
    private int fifoControl;
    private int lineControl;
    private int modemControl;
    private int modemDeltas;
    private int modemLines = CONNECTED;
    private int scratch;
    private int divisor = 12;
    private int lineErrors;
    private boolean transmitPending;
    private int looks;
    private int held;
    private final ByteQueue received = new ByteQueue(FIFO_SIZE);
    private final ByteQueue transmitting = new ByteQueue(FIFO_SIZE);
    private final ByteQueue waiting = new ByteQueue(WAITING);

    // transient
    private boolean interruptHigh;

    /// A serial port at I/O port `base` that nobody has spoken to.
    public Uart(int base, InterruptLine interrupt, ByteSink sink, Clock clock, TimerQueue timers) {
        this.base = base;
        this.interrupt = interrupt;
        this.sink = sink;
        this.clock = clock;
        retry = new DeviceTimer(timers, clock, this, this::drain);
    }

    // the host's side

    /// Sends bytes to the guest; {@return how many of them the queue had room for}
    public synchronized int receive(byte[] from, int at, int length) {
        int taken = 0;
        while (taken < length && !waiting.full()) {
            waiting.add(from[at + taken] & 0xFF);
            taken++;
        }
        refill();
        return taken;
    }

    /// Sends the guest a break, which Linux takes as the start of a SysRq; {@return whether the queue had room}
    public synchronized boolean receiveBreak() {
        if (waiting.full()) {
            return false;
        }
        waiting.add(BREAK << STATUS_SHIFT);
        refill();
        return true;
    }

    /// {@return whether somebody is there to take characters: the guest asks for them on the wire (RTS), by
    /// interrupts, or by looking again and again}
    private boolean listening() {
        return (modemControl & RTS) != 0
                || (modemControl & OUT2) != 0 && (interruptEnable & ENABLE_RECEIVED) != 0 && fifos()
                || looks >= WAITING_LOOKS;
    }

    /// Moves waiting characters into the receive FIFO, as far as it has room, if the guest listens.
    private void refill() {
        if ((modemControl & LOOPBACK) == 0 && listening()) {
            while (waiting.size() > 0 && received.size() < depth()) {
                received.add(waiting.take());
                if (received.size() == 1) {
                    revealErrors();
                }
            }
        }
        settle();
    }

    // the guest's side

    private boolean fifos() {
        return (fifoControl & FIFO_ENABLE) != 0;
    }

    private int depth() {
        return fifos() ? FIFO_SIZE : 1;
    }

    private boolean latching() {
        return (lineControl & DIVISOR_LATCH) != 0;
    }

    @Override
    public int read(int port) {
        int result = switch (port - base) {
            case DATA -> latching() ? divisor & 0xFF : takeReceived();
            case INTERRUPT_ENABLE -> latching() ? divisor >>> 8 : interruptEnable;
            case INTERRUPT_ID -> takeInterruptId();
            case LINE_CONTROL -> lineControl;
            case MODEM_CONTROL -> modemControl;
            case LINE_STATUS -> takeLineStatus();
            case MODEM_STATUS -> takeModemStatus();
            case SCRATCH -> scratch;
            default -> NOTHING;
        };
        settle();
        return result;
    }

    private int takeReceived() {
        if (received.size() > 0) {
            held = received.take() & 0xFF;
            revealErrors();
            refill();
        }
        return held;
    }

    /// The errors of a character show when it reaches the head of the FIFO.
    private void revealErrors() {
        if (received.size() > 0) {
            lineErrors |= received.peek() >>> STATUS_SHIFT;
        }
    }

    private int takeInterruptId() {
        int id = interruptId();
        if (id == ID_TRANSMIT) {
            transmitPending = false;
        }
        return id | (fifos() ? ID_FIFO : 0);
    }

    /// {@return the cause with the highest priority among those enabled}
    private int interruptId() {
        if ((interruptEnable & ENABLE_LINE) != 0 && lineErrors != 0) {
            return ID_LINE;
        }
        if ((interruptEnable & ENABLE_RECEIVED) != 0 && received.size() > 0) {
            return !fifos() || received.size() >= trigger() ? ID_RECEIVED : ID_TIMEOUT;
        }
        if ((interruptEnable & ENABLE_TRANSMIT) != 0 && transmitPending) {
            return ID_TRANSMIT;
        }
        if ((interruptEnable & ENABLE_MODEM) != 0 && modemDeltas != 0) {
            return ID_MODEM;
        }
        return ID_NONE;
    }

    private int trigger() {
        return switch (fifoControl >>> 6) {
            case 0 -> 1;
            case 1 -> 4;
            case 2 -> 8;
            default -> 14;
        };
    }

    private int takeLineStatus() {
        int later = fifos() && received.any(ERRORS << STATUS_SHIFT) ? FIFO_ERROR : 0;
        if (received.size() == 0 && transmitting.size() == 0 && looks < WAITING_LOOKS && ++looks == WAITING_LOOKS) {
            refill();
        }
        int status = (received.size() > 0 ? READY : 0)
                | lineErrors
                | (transmitting.size() == 0 ? TRANSMIT_EMPTY : 0)
                | later;
        lineErrors = 0;
        return status;
    }

    private int takeModemStatus() {
        int status = modemLines | modemDeltas;
        modemDeltas = 0;
        return status;
    }

    @Override
    public void write(int port, int value) {
        switch (port - base) {
            case DATA -> {
                if (latching()) {
                    divisor = divisor & 0xFF00 | value;
                } else {
                    transmit(value);
                }
            }
            case INTERRUPT_ENABLE -> {
                if (latching()) {
                    divisor = divisor & 0xFF | value << 8;
                } else {
                    enable(value & 0x0F);
                }
            }
            case INTERRUPT_ID -> controlFifos(value);
            case LINE_CONTROL -> lineControl = value;
            case MODEM_CONTROL -> controlModem(value & 0x1F);
            case SCRATCH -> scratch = value;
            default -> {}
        }
        settle();
    }

    private void enable(int value) {
        boolean newly = (value & ~interruptEnable & ENABLE_TRANSMIT) != 0;
        if (newly && transmitting.size() == 0) {
            transmitPending = true;
        }
        interruptEnable = value;
        refill();
    }

    private void controlFifos(int value) {
        boolean switched = ((value ^ fifoControl) & FIFO_ENABLE) != 0;
        if (switched || (value & (FIFO_ENABLE | FIFO_CLEAR_RECEIVE)) == (FIFO_ENABLE | FIFO_CLEAR_RECEIVE)) {
            received.clear();
        }
        if (switched || (value & (FIFO_ENABLE | FIFO_CLEAR_TRANSMIT)) == (FIFO_ENABLE | FIFO_CLEAR_TRANSMIT)) {
            transmitting.clear();
            transmitPending = true;
        }
        fifoControl = (value & FIFO_ENABLE) != 0 ? value & FIFO_KEPT : 0;
        refill();
    }

    private void controlModem(int value) {
        modemControl = value;
        looks = 0;
        int lines = CONNECTED;
        if ((value & LOOPBACK) != 0) {
            lines = (value & 0x02) << 3 | (value & 0x01) << 5 | (value & 0x0C) << 4;
        }
        int changed = (lines ^ modemLines) >>> 4;
        int fallen = modemLines & ~lines & RING;
        modemDeltas |= changed & ~RING_ENDED | (fallen != 0 ? RING_ENDED : 0);
        modemLines = lines;
        refill();
    }

    private void transmit(int value) {
        transmitPending = false;
        if (looks < WAITING_LOOKS) {
            looks = 0;
        }
        if ((modemControl & LOOPBACK) != 0) {
            loopBack(value);
            transmitPending = true;
            return;
        }
        if (transmitting.size() == 0 && sink.offer(value)) {
            transmitPending = true;
            return;
        }
        if (transmitting.size() < depth()) {
            transmitting.add(value);
        }
        retry.arm(clock.nanos() + RETRY_NANOS);
    }

    private void loopBack(int value) {
        if (received.size() < depth()) {
            received.add(value);
        } else {
            lineErrors |= OVERRUN;
        }
    }

    /// Offers the sink again what it had no room for.
    private void drain() {
        while (transmitting.size() > 0 && sink.offer(transmitting.peek())) {
            transmitting.take();
        }
        if (transmitting.size() > 0) {
            retry.arm(clock.nanos() + RETRY_NANOS);
        } else {
            transmitPending = true;
        }
        settle();
    }

    /// Drives the wire; OUT2 connects it to the interrupt controller on a PC.
    private void settle() {
        boolean connected = (modemControl & (OUT2 | LOOPBACK)) == OUT2;
        boolean next = connected && interruptId() != ID_NONE;
        if (next != interruptHigh) {
            interruptHigh = next;
            interrupt.level(next);
        }
    }
}

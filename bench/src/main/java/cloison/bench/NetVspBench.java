package cloison.bench;

import cloison.hyperv.vmbus.GuestRam;
import cloison.machine.time.PartitionClock;
import cloison.net.Frames;
import cloison.net.frame.MacAddress;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.SwitchType;
import cloison.net.vswitch.VirtualSwitch;
import cloison.vsp.netvsp.NetVsp;
import cloison.vsp.netvsp.NetVspSettings;
import cloison.vsp.netvsp.RndisGuest;
import cloison.vsp.netvsp.TrafficGuest;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/// Carries frames from one guest double to another through rings, NetVSP and the switch, without a processor, and
/// prints what a frame costs.
///
/// One thread does everything in turn, and its CPU time is measured, so that what else the machine does matters little:
/// *host* is what the channels' threads would do, the rest is the guest doubles' own work. Then each guest gets a
/// thread.
public final class NetVspBench {
    /// Frames between two looks at the clock, and on their way between two threads: what fits into a queue of the
    /// switch.
    private static final int FRAMES_PER_ROUND = 512;
    private static final int RING_PAGES = 129;
    private static final int RECEIVE_PAGES = 1024;
    private static final int SEND_PAGES = 256;

    private final long nanosPerReading;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private NetVspBench(long nanosPerReading) {
        this.nanosPerReading = nanosPerReading;
    }

    /// Runs with `[seconds per reading]`.
    public static void main(String[] arguments) throws InterruptedException {
        double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 3;
        NetVspBench bench = new NetVspBench((long) (seconds * 1e9));
        System.out.println("frame  frames in     frames/s     Mbit/s    ns/frame   of it host    bytes allocated");
        System.out.println("bytes  a packet       (of CPU)   (of CPU)   (of CPU)                    per frame");
        bench.alone(60, 1);
        bench.alone(60, 8);
        bench.alone(1514, 1);
        bench.alone(1514, 3);
        System.out.println();
        System.out.println("a thread for each guest       frames/s     Mbit/s");
        bench.together(60, 8);
        bench.together(1514, 3);
    }

    /// Two guests on one switch, the second known to it.
    private static final class Pair {
        private final TrafficGuest sender;
        private final TrafficGuest receiver;
        private final int framesPerPacket;

        Pair(int frameSize, int framesPerPacket) {
            VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new PartitionClock());
            RndisGuest a = guest();
            RndisGuest b = guest();
            this.framesPerPacket = framesPerPacket;
            adapter("a", Frames.A, a, lan);
            adapter("b", Frames.B, b, lan);
            byte[][] frames = new byte[framesPerPacket][];
            Arrays.setAll(frames, i -> Frames.bytes(Frames.B, Frames.A, frameSize, i));
            sender = new TrafficGuest(a, frames);
            receiver = new TrafficGuest(b, Frames.bytes(Frames.A, Frames.B, frameSize, 0));
            receiver.send(1);
            receiver.serve();
            sender.serve();
            sender.take();
            receiver.take();
        }

        private static RndisGuest guest() {
            return new RndisGuest(new GuestRam(2048, 0), RING_PAGES, RECEIVE_PAGES, SEND_PAGES);
        }

        private static void adapter(String name, MacAddress address, RndisGuest guest, VirtualSwitch lan) {
            NetVsp adapter = new NetVsp(new NetVspSettings(name, address), guest.memory());
            adapter.connect(lan);
            guest.open(adapter).bringUp();
        }
    }

    private record Reading(long frames, long nanos, long hostNanos, long allocated) {}

    private void alone(int frameSize, int framesPerPacket) {
        Pair pair = new Pair(frameSize, framesPerPacket);
        carry(pair);
        Reading reading = carry(pair);
        double perFrame = (double) reading.nanos / reading.frames;
        System.out.printf(
                "%5d %10d %12.0f %10.0f %11.0f %12.0f %18.3f%n",
                frameSize,
                framesPerPacket,
                1e9 / perFrame,
                8e3 * frameSize / perFrame,
                perFrame,
                (double) reading.hostNanos / reading.frames,
                (double) reading.allocated / reading.frames);
    }

    private Reading carry(Pair pair) {
        long frames = 0;
        long host = 0;
        long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
        long start = threads.getCurrentThreadCpuTime();
        long now = start;
        while (now - start < nanosPerReading) {
            pair.sender.send(FRAMES_PER_ROUND / pair.framesPerPacket);
            long served = threads.getCurrentThreadCpuTime();
            pair.sender.serve();
            pair.receiver.serve();
            host += threads.getCurrentThreadCpuTime() - served;
            frames += pair.receiver.take();
            pair.sender.take();
            served = threads.getCurrentThreadCpuTime();
            pair.receiver.serve();
            now = threads.getCurrentThreadCpuTime();
            host += now - served;
        }
        return new Reading(frames, now - start, host, threads.getCurrentThreadAllocatedBytes() - allocatedBefore);
    }

    private void together(int frameSize, int framesPerPacket) throws InterruptedException {
        Pair pair = new Pair(frameSize, framesPerPacket);
        race(pair);
        double perSecond = race(pair);
        System.out.printf(
                "%5d bytes, %d in a packet  %12.0f %10.0f%n",
                frameSize, framesPerPacket, perSecond, perSecond * 8 * frameSize / 1e6);
    }

    /// Lets one thread send and another receive; {@return how many frames a second}
    private double race(Pair pair) throws InterruptedException {
        AtomicLong received = new AtomicLong();
        long start = System.nanoTime();
        Thread receiver = Thread.ofPlatform().start(() -> {
            while (System.nanoTime() - start < nanosPerReading) {
                pair.receiver.serve();
                int came = pair.receiver.take();
                received.getAndAdd(came);
                if (came == 0) {
                    Thread.yield();
                }
            }
        });
        long sent = 0;
        while (System.nanoTime() - start < nanosPerReading) {
            long room = FRAMES_PER_ROUND - (sent - received.get());
            int packets = pair.sender.send((int) room / pair.framesPerPacket);
            sent += (long) packets * pair.framesPerPacket;
            pair.sender.serve();
            pair.sender.take();
            if (packets == 0) {
                Thread.yield();
            }
        }
        receiver.join();
        long nanos = System.nanoTime() - start;
        pair.receiver.serve();
        pair.receiver.take();
        return received.get() * 1e9 / nanos;
    }
}

package cloison.vsp.netvsp;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.vmbus.ChannelPair;
import cloison.machine.StepClock;
import cloison.net.Frames;
import cloison.net.vswitch.SwitchSettings;
import cloison.net.vswitch.SwitchType;
import cloison.net.vswitch.VirtualSwitch;
import org.junit.jupiter.api.Test;

class NetVspTest {
    private final VirtualSwitch lan = new VirtualSwitch(new SwitchSettings("lan", SwitchType.PRIVATE), new StepClock());

    @Test
    void twoGuestsTalk() {
        ChannelPair one = new ChannelPair();
        ChannelPair two = new ChannelPair();
        NetVsp a = new NetVsp(new NetVspSettings("a/nic0", Frames.A), one.memory());
        NetVsp b = new NetVsp(new NetVspSettings("b/nic0", Frames.B), two.memory());
        a.connect(lan);
        b.connect(lan);
        RndisGuest guestA = new RndisGuest(one).open(a).bringUp();
        RndisGuest guestB = new RndisGuest(two).open(b).bringUp();
        byte[] frame = Frames.bytes(Frames.B, Frames.A, 300, 5);

        guestA.send(frame);
        guestB.settle();

        assertThat(guestB.frames).containsExactly(frame);
    }
}

package cloison.hyperv.msr;

import static org.assertj.core.api.Assertions.assertThat;

import cloison.hyperv.guest.Feature;
import cloison.hyperv.guest.Features;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CpuidLeavesTest {
    private final CpuidLeaves leaves = new CpuidLeaves(Features.standard(), 3);

    private static int[] leaf(CpuidLeaves leaves, int leaf) {
        int[] registers = {-1, -1, -1, -1};
        leaves.fill(leaf, registers);
        return registers;
    }

    @Test
    void theHypervisorIsAnnouncedInLeafOne() {
        int[] registers = {1, 2, 3, 4};
        leaves.fill(1, registers);

        assertThat(registers).containsExactly(1, 2, 3 | 1 << 31, 4);
    }

    @Test
    void theFirstLeavesAreThoseOfAConformingHypervisor() {
        assertThat(leaf(leaves, 0x4000_0000)).containsExactly(0x4000_0006, 0x7263_694D, 0x666F_736F, 0x7648_2074);
        assertThat(leaf(leaves, 0x4000_0001)).containsExactly(0x3123_7648, 0, 0, 0);
        assertThat(leaf(leaves, 0x4000_0002)[1]).isEqualTo(0xA_0000);
    }

    @Test
    void theStandardFeaturesAreWhatLinuxNeeds() {
        assertThat(leaf(leaves, 0x4000_0003)).containsExactly(0xA6E, 0x30, 0, 0xE_0500);
        assertThat(leaf(leaves, 0x4000_0004)).containsExactly(0x220, -1, 0, 0);
        assertThat(leaf(leaves, 0x4000_0005)).containsExactly(3, 3, 0, 0);
    }

    @ParameterizedTest
    @EnumSource(Feature.class)
    void eachFeatureHasBitsOfItsOwnThatCanBeSwitchedOff(Feature feature) {
        CpuidLeaves all = new CpuidLeaves(new Features(Set.of(Feature.values())), 1);
        CpuidLeaves without = new CpuidLeaves(new Features(Set.of(Feature.values())).without(feature), 1);
        CpuidLeaves with = new CpuidLeaves(new Features(Set.of()).with(feature), 1);
        int bits = 0;
        for (int leaf = 0x4000_0003; leaf <= 0x4000_0004; leaf++) {
            for (int register = 0; register < 4; register++) {
                if (leaf == 0x4000_0003 || register == 0) {
                    int on = leaf(with, leaf)[register];
                    assertThat(leaf(without, leaf)[register]).isEqualTo(leaf(all, leaf)[register] & ~on);
                    bits += Integer.bitCount(on);
                }
            }
        }
        assertThat(bits).isEqualTo(feature == Feature.FREQUENCIES || feature == Feature.GUEST_IDLE ? 2 : 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x4000_0006, 0x4000_0007, 0x4000_00FF})
    void leavesThatSayNothingAreZero(int leaf) {
        assertThat(leaf(leaves, leaf)).containsOnly(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 0x3FFF_FFFF, 0x4000_0100, 0x8000_0000, -1})
    void otherLeavesAreLeftAlone(int leaf) {
        assertThat(leaf(leaves, leaf)).containsOnly(-1);
    }
}

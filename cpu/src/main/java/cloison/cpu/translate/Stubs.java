package cloison.cpu.translate;

import static cloison.cpu.translate.Assembler.NONE;
import static cloison.cpu.translate.Assembler.R14;
import static cloison.cpu.translate.Assembler.R15;
import static cloison.cpu.translate.Assembler.RSP;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The ways out of a block: what is emitted in its line, and what lies behind its end.
///
/// **Owner:** the thread that translates.
final class Stubs {
    private static final int NOTHING = -2;

    private final Assembler asm;
    private final CodeCache cache;

    /// Sites, and the label of the jump that leads out to each.
    private final List<Site> sites = new ArrayList<>();

    private int[] labels = new int[64];

    // the register and constant of whose sum R15 has to be before it leaves; NOTHING if R15 is what it has to be
    private int[] bases = new int[64];
    private long[] constants = new long[64];
    /// Sites with addresses that are positions until the block is placed.
    private final List<Site> placed = new ArrayList<>();
    private final List<Site> resuming = new ArrayList<>();

    Stubs(Assembler asm, CodeCache cache) {
        this.asm = asm;
        this.cache = cache;
    }

    void clear() {
        sites.clear();
        placed.clear();
        resuming.clear();
    }

    private int distance() {
        return distance(cache.exit());
    }

    private int distance(long to) {
        return Math.toIntExact(to - (cache.next() + asm.position() + 4));
    }

    /// Leaves; [StateBlock#SITE] has been stored.
    void leave() {
        asm.u8(0xE9);
        asm.i32(distance());
    }

    /// Leaves on a condition; [StateBlock#SITE] has been stored.
    void leave(int condition) {
        asm.u8(0x0F, 0x80 | condition);
        asm.i32(distance());
    }

    /// Leaves through a site.
    void leaveTo(Site site) {
        code(site);
        place(site);
    }

    private void code(Site site) {
        if (site.slot != 0) {
            asm.leaAt(R14, site.slot, cache.next());
            asm.u8(0xE9);
            asm.i32(distance(cache.refill(site)));
            return;
        }
        asm.storeInt(RSP, StateBlock.SITE, cache.add(site));
        if (site.retry == 0 || site.kind == Site.Kind.X87) {
            leave();
        } else {
            asm.storeInt(RSP, StateBlock.RETRY, cache.distance(site.retry));
            if (site.split != 0) {
                asm.storeInt(RSP, StateBlock.SPLIT_TARGET, cache.distance(site.split));
            }
            asm.u8(0xE9);
            asm.i32(distance(site.split == 0 ? cache.walk(site) : cache.split(site)));
        }
    }

    /// Several jumps may lead out through one site.
    private void place(Site site) {
        if (!site.emitted) {
            site.emitted = true;
            placed.add(site);
        }
    }

    /// Leaves through a site on a condition.
    void leaveTo(Site site, int condition) {
        out(site, asm.jump(condition));
    }

    /// The same, with the sum of a constant and of a register, or of [Assembler#NONE], in R15.
    void leaveTo(Site site, int condition, int base, long constant) {
        out(site, asm.jump(condition));
        bases[sites.size() - 1] = base;
        constants[sites.size() - 1] = constant;
    }

    /// Lets a jump lead out through a site until it is linked.
    void link(Site site, int label) {
        site.patch = label;
        out(site, label);
    }

    private void out(Site site, int label) {
        if (sites.size() == labels.length) {
            labels = Arrays.copyOf(labels, 2 * labels.length);
            bases = Arrays.copyOf(bases, labels.length);
            constants = Arrays.copyOf(constants, labels.length);
        }
        labels[sites.size()] = label;
        bases[sites.size()] = NOTHING;
        sites.add(site);
        place(site);
    }

    /// Lets the site, once its instruction was interpreted, go on at the next [#resumeHere].
    void resumes(Site site) {
        resuming.add(site);
    }

    void resumeHere() {
        for (Site site : resuming) {
            site.resume = asm.position();
        }
        resuming.clear();
    }

    /// Emits what lies behind the block, and makes all addresses of sites absolute.
    void emit() {
        for (int i = 0; i < sites.size(); i++) {
            Site site = sites.get(i);
            asm.here(labels[i]);
            site.stub = asm.position();
            if (bases[i] == NONE) {
                asm.constant(R15, constants[i]);
            } else if (bases[i] != NOTHING) {
                asm.lea(R15, bases[i], NONE, 0, (int) constants[i]);
            }
            code(site);
        }
        long base = cache.next();
        for (Site site : placed) {
            site.stub += base;
            site.retry += base;
            if (site.resume != 0) {
                site.resume += base;
            }
            if (site.kind == Site.Kind.LINK) {
                site.patch += base;
            }
            if (site.slot != 0) {
                cache.slots().enter(site, cache.add(site));
            }
        }
    }
}

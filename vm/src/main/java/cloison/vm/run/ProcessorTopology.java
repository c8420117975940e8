package cloison.vm.run;

/// The leaves of CPUID that tell a processor's place among its partition's: one package of single-threaded cores, with
/// the processor's index as its APIC id.
///
/// Source: SDM volume 2, "CPUID", leaves 1, 4, 0xB and 0x1F; volume 3, 9.9.
///
/// @param processors how many there are
record ProcessorTopology(int processors) {
    private static final int FEATURES = 1;
    private static final int CACHES = 4;
    private static final int EXTENDED_TOPOLOGY = 0xB;
    private static final int EXTENDED_TOPOLOGY_V2 = 0x1F;

    private static final int EDX_APIC = 1 << 9;
    private static final int EDX_MULTI_THREADING = 1 << 28;
    private static final int ECX_X2APIC = 1 << 21;
    private static final int ECX_TSC_DEADLINE = 1 << 24;

    private static final int LEVEL_THREAD = 1;
    private static final int LEVEL_CORE = 2;

    /// Writes what depends on the processor `index` into EAX, EBX, ECX, EDX of a leaf.
    void complete(int index, int leaf, int subleaf, int[] registers) {
        switch (leaf) {
            case FEATURES -> {
                registers[1] = registers[1] & 0xFFFF | (processors & 0xFF) << 16 | index << 24;
                registers[2] |= ECX_X2APIC | ECX_TSC_DEADLINE;
                registers[3] |= EDX_APIC | (processors > 1 ? EDX_MULTI_THREADING : 0);
            }
            case CACHES -> {
                if ((registers[0] & 0x1F) != 0) {
                    registers[0] = registers[0] & 0x3FFF | (idsPerPackage() - 1) << 26;
                }
            }
            case EXTENDED_TOPOLOGY, EXTENDED_TOPOLOGY_V2 -> {
                boolean thread = subleaf == 0;
                boolean core = subleaf == 1;
                registers[0] = core ? Integer.numberOfTrailingZeros(idsPerPackage()) : 0;
                registers[1] = thread ? 1 : core ? processors : 0;
                registers[2] = subleaf & 0xFF | (thread ? LEVEL_THREAD : core ? LEVEL_CORE : 0) << 8;
                registers[3] = index;
            }
            default -> {}
        }
    }

    /// {@return APIC ids that a package takes: the next power of two}
    private int idsPerPackage() {
        return Integer.highestOneBit(Math.max(1, 2 * processors - 1));
    }
}

package cloison.cpu.differential;

import cloison.linux.HostException;
import cloison.linux.code.CodeMemory;
import cloison.linux.memory.ReservedMemory;
import cloison.linux.memory.ReservedMemory.Access;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The memory of a [Place] in this process, for the host's processor.
final class Sandbox implements AutoCloseable {
    private final Place place;
    private final @Nullable String refusal16;
    private final ReservedMemory below;
    private final CodeMemory code;
    private final ReservedMemory above;

    private Sandbox(
            Place place, @Nullable String refusal16, ReservedMemory below, CodeMemory code, ReservedMemory above) {
        this.place = place;
        this.refusal16 = refusal16;
        this.below = below;
        this.code = code;
        this.above = above;
        long start = place.data() - above.base();
        above.protect(start, 2 * Place.PAGE, Access.READ_WRITE);
        above.protect(start + Place.R0, 2 * Place.PAGE, Access.READ_WRITE);
        above.segment().asSlice(start, 2 * Place.PAGE).fill((byte) 1);
        above.segment().asSlice(start + Place.R0, 2 * Place.PAGE).copyFrom(MemorySegment.ofArray(Place.readOnly()));
        above.protect(start + Place.R0, Place.PAGE, Access.READ);
        code.writable().fill(Place.FILLER);
    }

    /// {@return the sandbox at the first place that is free}
    ///
    /// @throws HostException if the host refuses
    static Sandbox open() {
        HostException refused = new HostException("no place");
        for (long base = Place.SIZE; base < 1L << 32; base += Place.SIZE) {
            try {
                return at(base);
            } catch (HostException e) {
                refused = e;
            }
        }
        throw refused;
    }

    private static Sandbox at(long base) {
        String refusal16 = LocalDescriptors.install(new Place(base, true));
        Place place = new Place(base, refusal16 == null);
        ReservedMemory below = ReservedMemory.at(base, Place.CODE);
        try {
            CodeMemory code = CodeMemory.allocate(base + Place.CODE, Place.CODE_SIZE);
            try {
                return new Sandbox(
                        place,
                        refusal16,
                        below,
                        code,
                        ReservedMemory.at(
                                base + Place.CODE + Place.CODE_SIZE, Place.SIZE - Place.CODE - Place.CODE_SIZE));
            } catch (HostException e) {
                code.close();
                throw e;
            }
        } catch (HostException e) {
            below.close();
            throw e;
        }
    }

    /// {@return why there are no 16-bit segments, or null if there are}
    @Nullable
    String refusal16() {
        return refusal16;
    }

    /// {@return where it is}
    Place place() {
        return place;
    }

    /// Replaces code bytes.
    void code(int offset, byte[] bytes, int length) {
        MemorySegment.copy(bytes, 0, code.writable(), ValueLayout.JAVA_BYTE, offset, length);
    }

    /// Puts the filler back.
    void clear(int offset, int length) {
        code.writable().asSlice(offset, length).fill(Place.FILLER);
    }

    /// Replaces the content of the writable pages: `image` is [#Place.DATA_SIZE] bytes.
    void load(byte[] image) {
        MemorySegment to = dataSegment();
        MemorySegment.copy(image, Place.D0, to, ValueLayout.JAVA_BYTE, Place.D0, 2 * Place.PAGE);
        MemorySegment.copy(image, Place.D2, to, ValueLayout.JAVA_BYTE, Place.D2, Place.PAGE);
    }

    /// Copies the content of the writable pages out.
    void store(byte[] image) {
        MemorySegment from = dataSegment();
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, Place.D0, image, Place.D0, 2 * Place.PAGE);
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, Place.D2, image, Place.D2, Place.PAGE);
    }

    private MemorySegment dataSegment() {
        return above.segment().asSlice(place.data() - above.base(), Place.DATA_SIZE);
    }

    @Override
    public void close() {
        below.close();
        code.close();
        above.close();
    }
}

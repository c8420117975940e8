package cloison.machine.processor;

/// Which translations processors are to forget: some pages, those that are not global, or all.
///
/// A mutable bag that is filled again for each call, so that a call allocates nothing.
///
/// **Owner:** the thread of the processor that asks.
public final class Invalidation {
    /// The most pages that are worth naming; more are all.
    public static final int MOST_PAGES = 32;

    private final long[] pages = new long[MOST_PAGES];
    private int count;
    private boolean all;
    private boolean global;

    /// Nothing is to be forgotten.
    public Invalidation() {}

    /// Names nothing any more.
    public void clear() {
        count = 0;
        all = false;
        global = false;
    }

    /// Names all translations, or all that are not global.
    public void all(boolean withGlobal) {
        all = true;
        global |= withGlobal;
    }

    /// Names the pages of a range, global or not.
    ///
    /// @param linear an address in the first of them
    /// @param length how many there are
    public void range(long linear, int length) {
        if (length > MOST_PAGES - count) {
            all(true);
            return;
        }
        for (int i = 0; i < length; i++) {
            pages[count++] = (linear & -4096L) + 4096L * i;
        }
    }

    /// Names what `other` names as well.
    public void add(Invalidation other) {
        if (other.all) {
            all(other.global);
        }
        for (int i = 0; i < other.count; i++) {
            range(other.pages[i], 1);
        }
    }

    /// {@return whether all translations are meant, or all but the global ones}
    public boolean isAll() {
        return all;
    }

    /// {@return whether global translations are among all}
    public boolean isGlobal() {
        return global;
    }

    /// {@return how many pages are named besides}
    public int count() {
        return count;
    }

    /// {@return the address of a page}
    public long page(int number) {
        return pages[number];
    }
}

package cloison.cpu;

/// What a translating engine may use, and how exact it is where a guest could tell only from a fault's frame.
///
/// @param translations translations of each kind that a processor keeps, a power of two, at least 2
/// @param codeBytes code memory of a processor
/// @param exactFlags whether status flags are kept even where the next instructions overwrite them unread; if not, the
///     frame of a fault or interrupt in between may show other values in them
/// @param switchEvery for tests: after how many interpreted instructions translated code has its turn, and the other
///     way round; 0 to interpret only what must be
/// @param hotAfter how often in short intervals the code of a page must be found executing until its accesses are
///     translated for speed; 0 to take all user code for hot, and accesses for split when they are in two pages once
public record TranslatorSettings(int translations, long codeBytes, boolean exactFlags, int switchEvery, int hotAfter) {
    /// {@return what is best for guests}
    public static TranslatorSettings standard() {
        return new TranslatorSettings(4096, 64L << 20, false, 0, 3);
    }

    /// {@return the same with so many translations}
    public TranslatorSettings withTranslations(int of) {
        return new TranslatorSettings(of, codeBytes, exactFlags, switchEvery, hotAfter);
    }

    /// {@return the same with so much code memory}
    public TranslatorSettings withCodeBytes(long of) {
        return new TranslatorSettings(translations, of, exactFlags, switchEvery, hotAfter);
    }

    /// {@return the same with the engines taking turns}
    public TranslatorSettings switchingEvery(int instructions) {
        return new TranslatorSettings(translations, codeBytes, exactFlags, instructions, hotAfter);
    }

    /// {@return the same with another threshold of hot code}
    public TranslatorSettings withHotAfter(int samples) {
        return new TranslatorSettings(translations, codeBytes, exactFlags, switchEvery, samples);
    }
}

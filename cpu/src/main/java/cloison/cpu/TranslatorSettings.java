package cloison.cpu;

/// What a translating engine may use, and how exact it is where a guest could tell only from a fault's frame.
///
/// @param translations translations of each kind that a processor keeps, a power of two, at least 2
/// @param codeBytes code memory of a processor
/// @param exactFlags whether status flags are kept even where the next instructions overwrite them unread; if not, the
///     frame of a fault or interrupt in between may show other values in them
public record TranslatorSettings(int translations, long codeBytes, boolean exactFlags) {
    /// {@return what is best for guests}
    public static TranslatorSettings standard() {
        return new TranslatorSettings(1024, 64L << 20, false);
    }
}

package cloison.control.guest;

import java.util.List;

/// What lies beside a cached guest to say where it came from, as `manifest.json`.
///
/// @param guest what the operator calls it
/// @param release the kernel's own name
/// @param version the version of the kernel's package
/// @param recipe the checksum of the recipe it was made by
/// @param packages what it was made of
/// @param files what was made
record Manifest(String guest, String release, String version, String recipe, List<Piece> packages, List<Piece> files) {
    /// A package or a file, with its checksum.
    ///
    /// @param name the package's file name, or the file's
    /// @param sha256 its checksum
    record Piece(String name, String sha256) {}
}

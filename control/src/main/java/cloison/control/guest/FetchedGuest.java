package cloison.control.guest;

import java.nio.file.Path;

/// A guest that lies in the cache, ready to boot.
///
/// @param name what the operator calls it
/// @param release the kernel's own name, for example `6.1.0-56-cloud-amd64`
/// @param version the version of the kernel's package
/// @param kernel the kernel, as Debian made it
/// @param initrd the initial RAM disk, as we made it
public record FetchedGuest(String name, String release, String version, Path kernel, Path initrd) {}

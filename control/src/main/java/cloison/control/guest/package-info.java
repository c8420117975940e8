/// Guests that can be fetched: stock Debian kernels, each with an initial RAM disk made of Debian's own packages.
///
/// ```text
///  Debian's archive ──apt-get──► packages/*.deb ──dpkg-deb──► files ──choose──► initrd
///   (signed index)               (checked by SHA-256)          │    (cpio "newc")
///                                                              └──► vmlinuz, unchanged
/// ```
///
/// [GuestFetch] does this as an ordinary user, with a state and cache of apt's own under the cache folder of
/// [GuestStore]. A [GuestRecipe] says which packages and drivers a guest is made of. Nothing is patched: the kernel
/// and every module are the bytes that Debian signed. The initial RAM disk is not compressed, because a guest that is
/// interpreted copies faster than it inflates.
///
/// Sources: `Documentation/driver-api/early-userspace/buffer-format.rst` of Linux (the archive), the System V ABI
/// (ELF), apt.conf(5), sources.list(5), modules.dep(5).
package cloison.control.guest;

/// Pages by which hypervisor and guest share memory: overlays that a guest places with a register.
///
/// Source: TLFS, *GPA overlay pages*; `docs/decisions/0011-overlay-pages.md`.
package cloison.hyperv.page;

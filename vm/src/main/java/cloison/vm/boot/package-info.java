/// Puts an operating system's image into a fresh partition's memory and makes the registers it is entered with, as
/// firmware and a boot loader would have.
///
/// Three forms are known: a Linux bzImage by its 64-bit entry (Linux `Documentation/x86/boot.rst`), an ELF image with
/// a PVH note (Xen `docs/misc/pvh.pandoc`, `start_info.h`), and a Multiboot image (Multiboot Specification 0.6.96).
///
/// ```text
///  0x0001000  GDT                          0x00A0000  reserved (legacy video)
///  0x0002000  zero page / start info       0x00E0000  ACPI tables, reserved
///  0x0003000  command line                 0x0100000  kernel (or its preferred address)
///  0x0004000  page tables (6 pages)        …
///  0x000A000  module list, memory map      top        initrd, page-aligned, as high as the kernel allows
///  0x009FC00  reserved
/// ```
package cloison.vm.boot;

/// Raw calls into the C library, one family per file: errors come back as values (`-errno`), nothing is decided here.
///
/// Constants carry the name that Linux's uapi headers give them.
package cloison.linux.sys;

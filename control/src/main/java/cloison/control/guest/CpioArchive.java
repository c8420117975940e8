package cloison.control.guest;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// A cpio archive in the "newc" form, which the kernel unpacks as its initial RAM disk.
///
/// ```text
///  0        6     14     22     30     38       46      54      62         78         94        102     110
///
/// +--------+------+------+------+------+--------+-------+-------+----------+----------+---------+-------+------+------
///  | 070701 | ino  | mode | uid  | gid  | nlink  | mtime | size  | dev 8+8  | rdev 8+8 | namelen | check | name | data
///
/// +--------+------+------+------+------+--------+-------+-------+----------+----------+---------+-------+------+------
/// ```
///
/// Every number is eight hexadecimal digits; name (with its zero) and data are each padded to four bytes. Entries
/// belong to root and carry no
/// time, so that the same content is the same archive.
final class CpioArchive {
    private static final int HEADER_SIZE = 110;
    private static final int FOLDER = 0040000;
    private static final int FILE = 0100000;
    private static final int LINK = 0120000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK = 512;

    // wiring
    private final OutputStream to;

    // state
    private int inode = 1;
    private long written;

    /// An archive that is written to `to`, which stays open.
    CpioArchive(OutputStream to) {
        this.to = to;
    }

    /// Adds a folder; its parents must have been added before.
    void folder(String path, int permissions) throws IOException {
        entry(path, FOLDER | permissions, 2, 0, 0, new byte[0]);
    }

    /// Adds a regular file.
    void file(String path, int permissions, byte[] content) throws IOException {
        entry(path, FILE | permissions, 1, 0, 0, content);
    }

    /// Adds a symbolic link to `target`.
    void link(String path, String target) throws IOException {
        entry(path, LINK | 0777, 1, 0, 0, target.getBytes(StandardCharsets.UTF_8));
    }

    /// Adds a character device, which needs no privilege here.
    void device(String path, int permissions, int major, int minor) throws IOException {
        entry(path, CHARACTER_DEVICE | permissions, 1, major, minor, new byte[0]);
    }

    /// Writes the trailer; nothing may follow.
    void finish() throws IOException {
        inode = 0;
        entry("TRAILER!!!", 0, 1, 0, 0, new byte[0]);
        pad(BLOCK);
        to.flush();
    }

    private void entry(String path, int mode, int links, int major, int minor, byte[] content) throws IOException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        int[] numbers = {inode++, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length + 1, 0};
        StringBuilder header = new StringBuilder(HEADER_SIZE).append("070701");
        for (int number : numbers) {
            header.append(HexFormat.of().toHexDigits(number));
        }
        write(header.toString().getBytes(StandardCharsets.US_ASCII));
        write(name);
        write(new byte[1]);
        pad(4);
        write(content);
        pad(4);
    }

    private void pad(int unit) throws IOException {
        write(new byte[(int) (-written & (unit - 1))]);
    }

    private void write(byte[] bytes) throws IOException {
        to.write(bytes);
        written += bytes.length;
    }
}

/// The opcode table, the decoder that reads it, and the decoded form.
///
/// The table is the resources `integer.txt`, `system.txt`, `x87.txt`, `vector.txt` and `avx.txt` in this package,
/// one row per encoding. Columns are separated by blanks; `#` starts a comment; `-` is an empty column.
///
/// ```text
///  # encoding            op       operands      attributes
///  00 /r                 ADD      Eb,Gb         lock w=oszapc
///  83 /2 ib              ADC      Ev,Ibs        lock r=c w=oszapc
///  B8+r iv               MOV      Zv,Iv         -
///  0F AF /r              IMUL     Gv,Ev         w=oszapc u=szap
///  66 0F 58 /r           ADDPD    Vx,Wx         cpuid=sse2
///  VEX.66 0F 58 /r       VADDPD   Vx,Hx,Wx      cpuid=avx
///  0F 01 F9              RDTSCP   -             ends cpuid=rdtscp
///  D8 C0+i               FADD     ST0,STi       -
///  0F 01 /7 mem          INVLPG   M             cpl0 ends
/// ```
///
/// **Encoding** (SDM volume 2, 3.1.1.1): an optional mandatory prefix `NP` (none of 66, F2, F3), `NFx` (neither
/// F2 nor F3; 66 is the operand size), `66`, `F2` or `F3` (of several prefixes in an instruction F3 and F2, the
/// later of them, win over 66, which then is the operand size); optional `W0` or `W1` (REX.W must be so); opcode
/// bytes in hexadecimal, the last with `+r` (register in its low three bits) or `+i` (x87 register in its low
/// three bits); then `/r` or `/0`..`/7` if a ModRM byte follows, with `mem` or `reg` if only that form is meant
/// (a byte after the opcode, like that of `0F 01 F9`, is a fixed ModRM byte); then immediates `ib iw id iq`, `iz`
/// (2 or 4 bytes by operand size), `iv` (2, 4 or 8), `cb cz` (relative), `cp` (far pointer), `mo` (offset of
/// address size). Where several rows match, the narrowest is meant: mandatory prefix before fixed ModRM before
/// digit before `mem`/`reg` before `W`.
///
/// A VEX prefix is written as `VEX`, with what must be in it after dots: `L0` or `L1` (VEX.L), `66`, `F2` or `F3`
/// (VEX.pp; none of them if it is not named), `W0` or `W1`; the bytes after it begin with the map, `0F`, `0F 38`
/// or `0F 3A`. VEX.vvvv that no operand names must be 1111.
///
/// **Operands** (SDM volume 2, appendix A.2): E G M R S C D V W U P Q N I J O A X Y H B L, `Z` for the register
/// of `+r`, `T` for memory that a vector register indexes (VSIB; its size is that of the indices), with sizes `b
/// w d q`, `v` (16/32/64), `z` (16/32), `y` (32/64), `n` (64 in 64-bit mode, else 32), `dq ps pd` (128), `qq`
/// (256), `x` (128, or 256 if VEX.L is set), `x2 x4 x8` (a half, quarter, eighth of that), `ss` (32), `sd` (64),
/// `t` (80 bits), `p` (far pointer), `s` (limit and base of a table), `a` (a pair of `v`) and none (address only,
/// or memory of a size that the operation knows); `Ibs` is a byte sign-extended to the operand size (all
/// immediates come sign-extended); fixed operands AL CL AX DX rAX rCX rDX (operand size) zAX (16/32) ES CS SS DS
/// FS GS ST0..ST7 STi XMM0 1 3. `Rv/Mw` is `Rv` where ModRM.rm is a register and `Mw` where it is memory. `M`
/// alone implies `mem`, `R U N` alone imply `reg`; with `C D` ModRM.mod does not count.
///
/// **Attributes:** `lock` may be locked with a memory destination; `cpl0`; `i64` invalid in 64-bit mode; `o64`
/// only in 64-bit mode; `d64` operand size defaults to 64 bits there (66 gives 16); `f64` it is forced to 64;
/// `ends`; `cpuid=feature`, of which there may be several: the row exists only on processors that have it
/// (`CpuFeature`); `r= w= u=` status flags (letters of oszapc) read, written, left undefined; `rep` a repeat
/// prefix has its string meaning; `w64` VEX.W counts only in 64-bit mode; `faults` may fault even without a
/// memory operand.
package cloison.cpu.decode;

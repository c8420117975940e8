/// Software floating point: the arithmetic of x87 and SSE, exact in every rounding mode, with every exception flag.
///
/// ```text
///  Extended  ── x87: 80-bit operands, precision control ──┐
///                                                         ├── Core: unpacked operands, one rounding
///  Scalar    ── SSE: float32 and float64, DAZ, FTZ ───────┘
/// ```
///
/// Nothing here knows a processor: a caller hands in operands and a control word and takes a result and the exceptions
/// that were raised. Objects are scratch space with results in fields, so that nothing is allocated per operation.
/// Sources: IEEE 754-2008; SDM volume 1, chapters 4.8, 4.9, 8 and 11.5.
package cloison.cpu.fp;

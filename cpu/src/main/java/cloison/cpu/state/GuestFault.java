package cloison.cpu.state;

/// A guest exception on its way to the block boundary, where it is delivered. Stackless; the instruction that throws
/// has changed nothing that its restart would not repeat.
public final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1;

    public static final int DE = 0;
    public static final int DB = 1;
    public static final int NMI = 2;
    public static final int BP = 3;
    public static final int OF = 4;
    public static final int BR = 5;
    public static final int UD = 6;
    public static final int NM = 7;
    public static final int DF = 8;
    public static final int TS = 10;
    public static final int NP = 11;
    public static final int SS = 12;
    public static final int GP = 13;
    public static final int PF = 14;
    public static final int MF = 16;
    public static final int AC = 17;
    public static final int MC = 18;
    public static final int XM = 19;

    private final int vector;
    private final int errorCode;

    private GuestFault(int vector, int errorCode) {
        super(null, null, false, false);
        this.vector = vector;
        this.errorCode = errorCode;
    }

    /// {@return a fault; the error code is not delivered where the vector has none}
    public static GuestFault of(int vector, int errorCode) {
        return new GuestFault(vector, errorCode);
    }

    /// {@return #UD}
    public static GuestFault undefined() {
        return new GuestFault(UD, 0);
    }

    /// {@return #GP(0)}
    public static GuestFault protection() {
        return new GuestFault(GP, 0);
    }

    public int vector() {
        return vector;
    }

    public int errorCode() {
        return errorCode;
    }

    @Override
    public String getMessage() {
        return "guest exception %d, error code 0x%x".formatted(vector, errorCode);
    }
}

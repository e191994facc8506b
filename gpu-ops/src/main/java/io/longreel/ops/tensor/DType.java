package io.longreel.ops.tensor;

/** Element type of a tensor, with its size in bytes. All but {@link #SUM128} are types that files store, under these names. */
public enum DType {
    F32(4),
    BF16(2),
    F16(2),
    I32(4),
    I64(8),
    U8(1),
    /** A running sum that does not depend on the order of its terms ({@code FixedSum}). In memory only. */
    SUM128(16);

    private final int sizeBytes;

    DType(int sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    public int sizeBytes() {
        return sizeBytes;
    }

    /** Whether files store it. */
    public boolean storable() {
        return this != SUM128;
    }
}

package io.longreel.ops.tensor;

/** Element type of a tensor, with its size in bytes. */
public enum DType {
    F32(4),
    BF16(2),
    F16(2),
    I32(4),
    I64(8),
    U8(1);

    private final int sizeBytes;

    DType(int sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    public int sizeBytes() {
        return sizeBytes;
    }
}

package io.longreel.model.snapshot;

import java.lang.foreign.ValueLayout;

/** Bit flips in memory that a vault holds. */
public final class Damage {
    private Damage() {}

    /** Flips a bit in the middle of a rank's slice. */
    public static void strike(SnapshotVault vault, SnapshotKey key, int rank) {
        try (SnapshotVault.PinnedSnapshot pinned = vault.pin(key)) {
            SliceBlock block = pinned.slices().stream()
                    .filter(slice -> slice.what().rank() == rank)
                    .findFirst()
                    .orElseThrow()
                    .moving();
            flip(block, block.bytes().byteSize() / 2);
        }
    }

    static void flip(SliceBlock block, long at) {
        byte before = block.bytes().get(ValueLayout.JAVA_BYTE, at);
        block.bytes().set(ValueLayout.JAVA_BYTE, at, (byte) (before ^ 4));
    }
}

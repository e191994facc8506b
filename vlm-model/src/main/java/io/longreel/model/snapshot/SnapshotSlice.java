package io.longreel.model.snapshot;

/**
 * A whole slice in memory. The frozen section is shared by all slices that were taken since it changed last.
 */
record SnapshotSlice(HeldSlice what, SliceLayout layout, SliceBlock moving, SliceBlock frozen) {

    /** Whether every byte is as it was sealed. */
    boolean isSound() {
        return moving.isSound() && frozen.isSound();
    }

    SliceBlock block(SliceLayout.Section section) {
        return section == SliceLayout.Section.MOVING ? moving : frozen;
    }

    long sizeBytes() {
        return moving.bytes().byteSize() + frozen.bytes().byteSize();
    }
}

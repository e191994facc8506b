package io.longreel.config;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which keys a query of the decoder sees within its document. All parts hold together: a pair is computed when each of them allows it.
 *
 * @param mask the shape
 * @param window tokens that a query sees to its left, itself not counted; empty = all
 * @param sinks first tokens of a document that stay visible beyond the window
 * @param blockSparse which blocks of keys a block of queries sees; empty = all
 */
public record AttentionSettings(Mask mask, OptionalInt window, int sinks, Optional<BlockSparse> blockSparse) {

    /** The shape of a mask within a document. */
    public enum Mask {
        /** A query sees itself and what stands before it. */
        CAUSAL,
        /** A query sees the whole document. */
        FULL,
        /** Frames of one video see each other, text is causal. */
        PREFIX_LM
    }

    /**
     * A pattern of blocks in the manner of strided sparse attention (arXiv 1904.10509).
     *
     * @param block tokens per block, counted from the start of the document
     * @param local last blocks that a block of queries sees, its own counted
     * @param stride beyond those it sees each {@code stride}-th block
     */
    public record BlockSparse(int block, int local, int stride) {}
}

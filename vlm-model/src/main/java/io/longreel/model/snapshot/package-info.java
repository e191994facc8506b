/**
 * Snapshots of a training state in memory: every rank's slice in its own process and in another node's, and the way back from there onto a mesh of
 * any shape. What a slice is: the same that a rank writes into a training checkpoint. Invariant: what a vault lists is whole, and what it gives out
 * has been checked against its CRC32C. Exchanges run on the ranks' compute threads; the vault is for any thread.
 */
@NullMarked
package io.longreel.model.snapshot;

import org.jspecify.annotations.NullMarked;

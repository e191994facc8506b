/**
 * The optimizer: gradients are reduced onto slices, each rank updates the slice it owns, slices are gathered back. Every rank holds the same
 * bits of every weight after each step. Used by the rank's compute thread.
 */
@NullMarked
package io.longreel.model.optim;

import org.jspecify.annotations.NullMarked;

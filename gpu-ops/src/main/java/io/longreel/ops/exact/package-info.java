/**
 * Sums whose result does not depend on the order, the grouping or the place of the additions: {@code FixedSum} for the elements of
 * gradients, {@code ExactSum} for single numbers. Used by one thread at a time.
 */
@NullMarked
package io.longreel.ops.exact;

import org.jspecify.annotations.NullMarked;

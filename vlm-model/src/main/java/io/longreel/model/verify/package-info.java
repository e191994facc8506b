/**
 * Shows that sequence parallelism computes what one rank would compute: every query-key pair once and no other, numbers against attention in
 * double, bytes against formulas, the same bits whatever arrives first; and that the checks notice layouts that are known to be wrong. Nothing here is used
 * in training. What is allowed is written down a second time ({@link io.longreel.model.verify.PairRule}), pair by pair, and must not
 * borrow from {@code model.attention}, {@code model.shard} or the kernels: a mistake made once would otherwise agree with itself. A case names its
 * device, so that another one can be put through the same grid. Cases run side by side, each in a world of its own.
 */
@NullMarked
package io.longreel.model.verify;

import org.jspecify.annotations.NullMarked;

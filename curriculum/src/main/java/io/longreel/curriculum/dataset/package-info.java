/**
 * Samples as descriptions: drawn from (seed, stage, step, sample) and equal on every rank, with pixels that are made only when somebody
 * reads them. Everything here is immutable and may be used from any thread; drawing takes a generator that its caller owns.
 */
@NullMarked
package io.longreel.curriculum.dataset;

import org.jspecify.annotations.NullMarked;

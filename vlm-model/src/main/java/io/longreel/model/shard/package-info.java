/** The one place that knows who owns which rows: frames, tokens, heads. Pure arithmetic on immutable values; every rank computes the same answers for all ranks. */
@NullMarked
package io.longreel.model.shard;

import org.jspecify.annotations.NullMarked;

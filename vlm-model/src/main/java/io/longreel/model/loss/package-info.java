/** Cross-entropy over the labelled rows of a token shard, in chunks that bound the memory of the logits. No communication. */
@NullMarked
package io.longreel.model.loss;

import org.jspecify.annotations.NullMarked;

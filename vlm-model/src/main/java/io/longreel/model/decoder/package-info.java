/** The Qwen2 decoder, forward and backward, over the token shard of one rank. Communicates only through attention. */
@NullMarked
package io.longreel.model.decoder;

import org.jspecify.annotations.NullMarked;

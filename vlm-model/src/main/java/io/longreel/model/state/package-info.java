/** The weights of a model, by Hugging Face name, and what is attached to them while a stage trains: gradients and adapters. Owned by one rank, used by its compute thread. */
@NullMarked
package io.longreel.model.state;

import org.jspecify.annotations.NullMarked;

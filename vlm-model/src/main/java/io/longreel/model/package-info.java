/** The vision-language model as seen by the curriculum and by a rank: batches in, losses and answers out. Used by a rank's compute thread. */
@NullMarked
package io.longreel.model;

import org.jspecify.annotations.NullMarked;

/** A model that answers questions: its ranks in this process, or in workers under a supervisor. */
@NullMarked
package io.longreel.runtime.serving;

import org.jspecify.annotations.NullMarked;

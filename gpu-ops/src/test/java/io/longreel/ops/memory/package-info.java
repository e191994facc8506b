/** What arenas promise: a plan that cannot be exceeded in silence, and no use after close. */
@NullMarked
package io.longreel.ops.memory;

import org.jspecify.annotations.NullMarked;

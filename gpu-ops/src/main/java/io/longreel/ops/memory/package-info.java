/** Who owns off-heap memory and for how long: arenas with a capacity that a plan fixed. An arena belongs to one thread. */
@NullMarked
package io.longreel.ops.memory;

import org.jspecify.annotations.NullMarked;

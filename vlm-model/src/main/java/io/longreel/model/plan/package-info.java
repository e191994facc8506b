/** Memory of a step, known before it is allocated: the step's own code runs once on arenas that only count and kernels that do nothing. No state, no I/O. */
@NullMarked
package io.longreel.model.plan;

import org.jspecify.annotations.NullMarked;

/**
 * Memory of a step, known before it is allocated: the step's own code runs once on arenas that only count and kernels that do nothing.
 * {@code StepMemory} keeps the arenas that the largest step so far needed; used by the rank's compute thread.
 */
@NullMarked
package io.longreel.model.plan;

import org.jspecify.annotations.NullMarked;

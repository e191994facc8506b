/**
 * What a training step would cost, in seconds and bytes, before anything runs: formulas of a few shapes, rates and latencies. Purpose: to choose a mesh and
 * to know whether a length fits, for machines that nobody has at hand. Invariant: a cost is a pure function of its {@link io.longreel.config.plan.StepCase};
 * nothing here reads files, clocks or other modules. Immutable values, any thread. docs/planner.md explains the model and holds it against what was measured.
 */
@NullMarked
package io.longreel.config.plan;

import org.jspecify.annotations.NullMarked;

/**
 * Jobs larger than any machine at hand, on paper: what the supervisor has to do ({@link io.longreel.chaos.sim.ControlLoad}, from the production cores), how unequal nodes hold up the
 * collectives of a step, what faults cost over weeks. Events, not computing; seeded, one thread. docs/scale.md has the curves.
 */
@NullMarked
package io.longreel.chaos.scale;

import org.jspecify.annotations.NullMarked;

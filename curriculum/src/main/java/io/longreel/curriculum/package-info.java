/**
 * The door of the curriculum: opens a run's footage and feeds a rank its packed batches, decoded ahead. One {@code Curriculum} per process,
 * shared by its ranks; one {@code StepFeed} per rank, used by that rank's compute thread. What a step holds depends on the run's seed and
 * the step only, never on the mesh or on the order of calls. Who only wants to look at the data opens a {@code DataSurvey}.
 */
@NullMarked
package io.longreel.curriculum;

import org.jspecify.annotations.NullMarked;

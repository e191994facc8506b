/**
 * What is done to a job, and what has to hold afterwards. A scenario is a configuration in {@code src/main/resources/chaos}, what happens to the run
 * from outside, and the checks that judge it against the same run undisturbed. One thread; the runs are processes of their own.
 */
@NullMarked
package io.longreel.chaos.scenario;

import org.jspecify.annotations.NullMarked;

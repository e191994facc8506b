/**
 * Fault injection: what disturbs a job, the scenarios that do it, and what judges the outcome. Stands above everything else; nothing depends on it,
 * and a run that names no fault loads none of it.
 */
@NullMarked
package io.longreel.chaos;

import org.jspecify.annotations.NullMarked;

/**
 * The numbers of a run that goes on, drawn from its news: as TensorBoard's event files, and as a page for Prometheus. A number that the run does not
 * have is in neither. One thread brings news, any may read.
 */
@NullMarked
package io.longreel.runtime.metrics;

import org.jspecify.annotations.NullMarked;

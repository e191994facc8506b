/**
 * What a run will take, known from its configuration alone: nothing is allocated, opened or started for it. Pure but for reading a checkpoint's
 * configuration; used by one thread.
 */
@NullMarked
package io.longreel.runtime.plan;

import org.jspecify.annotations.NullMarked;

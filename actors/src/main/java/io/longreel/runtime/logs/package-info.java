/**
 * The logs of a run's processes as one: read from {@code RUN/logs} by time, while the processes write and after. Only reads; no class here logs. Each
 * object belongs to one thread.
 */
@NullMarked
package io.longreel.runtime.logs;

import org.jspecify.annotations.NullMarked;

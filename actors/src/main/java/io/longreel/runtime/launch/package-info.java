/**
 * The processes of a job: the seed with its supervisor, the workers, the launcher that forks workers on this machine,
 * and the run directory that the seed writes. Used by the main thread of each process, which waits here until the run
 * is over.
 */
@NullMarked
package io.longreel.runtime.launch;

import org.jspecify.annotations.NullMarked;

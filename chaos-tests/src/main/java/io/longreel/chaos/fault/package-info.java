/**
 * Faults inside a worker process: what the run's configuration names strikes at its place, after a line in the run's directory that proves it.
 * Found by the runtime through its service loader, and only for runs that name faults. Everything runs on the compute thread of the rank that is
 * struck, except for the links' faults, which sending threads ask.
 */
@NullMarked
package io.longreel.chaos.fault;

import org.jspecify.annotations.NullMarked;

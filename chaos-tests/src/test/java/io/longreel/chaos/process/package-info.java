/**
 * System tests: what a user runs, as processes of its own, seen from outside through exit codes, output and files. Nothing is replaced and
 * nothing sleeps: tests watch files with {@link io.longreel.chaos.process.BoundedWait}. Every test ends its processes, whatever happens.
 */
@NullMarked
package io.longreel.chaos.process;

import org.jspecify.annotations.NullMarked;

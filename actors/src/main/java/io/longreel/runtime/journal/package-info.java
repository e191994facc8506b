/**
 * The run's own memory on disk: every decision of the supervisor but that on a single step, written and synced before
 * anything acts on it. Append-only JSON lines, each with a sequence number and a checksum, so that a torn or damaged
 * end is seen and cut off. Written by the recorder's thread only.
 */
@NullMarked
package io.longreel.runtime.journal;

import org.jspecify.annotations.NullMarked;

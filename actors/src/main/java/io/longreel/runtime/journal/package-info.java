/**
 * The run's own memory on disk: every decision of the supervisor, written before anything acts on it, and synced unless it
 * is one that can be found again. Append-only JSON lines, each with a sequence number and a checksum, so that a torn or damaged
 * end is seen and does not count. One file per supervisor (a term), so that one that is superseded can spoil nothing.
 * Written by the recorder's thread only.
 */
@NullMarked
package io.longreel.runtime.journal;

import org.jspecify.annotations.NullMarked;

/**
 * One rank of the mesh: an actor that receives commands and never blocks, and a compute thread, named after the rank,
 * that does them one after the other. An abort goes past the queue: it ends waits inside collectives at once.
 */
@NullMarked
package io.longreel.runtime.rank;

import org.jspecify.annotations.NullMarked;

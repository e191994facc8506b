/**
 * Needle tests, their result files and pictures, sheets of frames, and the report of a run. Files appear whole or not at all. Nothing here opens a window or
 * reads the network; used by one thread at a time.
 */
@NullMarked
package io.longreel.curriculum.eval;

import org.jspecify.annotations.NullMarked;

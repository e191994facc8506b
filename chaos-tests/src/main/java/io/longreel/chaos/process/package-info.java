/**
 * Jobs as real processes: started through the program's entry point, watched through the files that they write, and never left behind. Used by one
 * thread at a time; whatever another process does is waited for with a limit.
 */
@NullMarked
package io.longreel.chaos.process;

import org.jspecify.annotations.NullMarked;

/**
 * The rules of the source tree that a compiler cannot check: who may import whom, which library stays behind which module, where time and
 * chance come from, how things are named. Every rule says why it is there. Nothing here starts a thread.
 */
@NullMarked
package io.longreel.chaos.arch;

import org.jspecify.annotations.NullMarked;

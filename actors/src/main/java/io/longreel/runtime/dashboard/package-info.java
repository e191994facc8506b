/**
 * What a run shows while it goes and when it is over. It draws from news, decides nothing, and is used by one thread at
 * a time. Time comes with the call.
 */
@NullMarked
package io.longreel.runtime.dashboard;

import org.jspecify.annotations.NullMarked;

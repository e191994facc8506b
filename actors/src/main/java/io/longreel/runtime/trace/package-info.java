/**
 * Timelines of what ranks do, in Chrome's trace format: recorded by wrappers round a rank's endpoint and device, one file per rank, merged into one
 * that opens in Perfetto. Nothing of it is in a run that records none.
 */
@NullMarked
package io.longreel.runtime.trace;

import org.jspecify.annotations.NullMarked;

/**
 * One worker process: joins the job, opens what its ranks share, starts and stops their actors. It never blocks:
 * opening and closing happen on a thread of their own.
 */
@NullMarked
package io.longreel.runtime.node;

import org.jspecify.annotations.NullMarked;

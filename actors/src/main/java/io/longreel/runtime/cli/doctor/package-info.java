/**
 * What a machine offers a run and what it lacks. Each check looks at one thing for real (it loads, binds, multiplies)
 * and leaves nothing behind. Everything here runs on the main thread.
 */
@NullMarked
package io.longreel.runtime.cli.doctor;

import org.jspecify.annotations.NullMarked;

/** Measurements by hand, not run by the build: start a {@code *Benchmark} main class on the test class path. */
@NullMarked
package io.longreel.ops.bench;

import org.jspecify.annotations.NullMarked;

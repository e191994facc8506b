/** The oracles: each operation as the plainest loop. Slow on purpose; the parity tests hold every other implementation to it. */
@NullMarked
package io.longreel.ops.plain;

import org.jspecify.annotations.NullMarked;

/** The oracles against values computed by hand, against dense fp64 formulas, and every gradient against finite differences. */
@NullMarked
package io.longreel.ops.plain;

import org.jspecify.annotations.NullMarked;

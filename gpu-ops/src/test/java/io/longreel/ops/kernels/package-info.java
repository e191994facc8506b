/** Every operation of the fast device against its oracle, over sizes 0, 1, odd and not a multiple of any tile; seeds are in the failures. */
@NullMarked
package io.longreel.ops.kernels;

import org.jspecify.annotations.NullMarked;

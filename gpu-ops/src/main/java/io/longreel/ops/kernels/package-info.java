/** The interface of every operation. Implementations hold no state between calls and never retain a tensor. */
@NullMarked
package io.longreel.ops.kernels;

import org.jspecify.annotations.NullMarked;

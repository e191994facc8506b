/** A device: where kernels come from. */
@NullMarked
package io.longreel.ops.device;

import org.jspecify.annotations.NullMarked;

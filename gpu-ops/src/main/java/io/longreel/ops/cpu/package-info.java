/** The fast CPU: matrix products through oneDNN, the rest in Vector API kernels. */
@NullMarked
package io.longreel.ops.cpu;

import org.jspecify.annotations.NullMarked;

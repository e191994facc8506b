/** The parts that the fast kernels are made of: elementary functions, the native product, the tiling of masks. */
@NullMarked
package io.longreel.ops.cpu;

import org.jspecify.annotations.NullMarked;

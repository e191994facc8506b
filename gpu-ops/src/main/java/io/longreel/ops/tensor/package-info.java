/** Shapes, element types and views of off-heap memory. A view owns nothing; a tensor may be used by one thread at a time. */
@NullMarked
package io.longreel.ops.tensor;

import org.jspecify.annotations.NullMarked;

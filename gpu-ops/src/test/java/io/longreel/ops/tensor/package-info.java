/** Views, shapes and their limits. */
@NullMarked
package io.longreel.ops.tensor;

import org.jspecify.annotations.NullMarked;

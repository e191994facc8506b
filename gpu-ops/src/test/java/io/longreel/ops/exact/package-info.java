/** Tests of exact sums against decimal arithmetic. */
@NullMarked
package io.longreel.ops.exact;

import org.jspecify.annotations.NullMarked;

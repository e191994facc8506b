/** Tests of the package of the same name. */
@NullMarked
package io.longreel.runtime.metrics;

import org.jspecify.annotations.NullMarked;

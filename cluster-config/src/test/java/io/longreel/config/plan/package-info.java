/** Tests of the package of the same name. */
@NullMarked
package io.longreel.config.plan;

import org.jspecify.annotations.NullMarked;

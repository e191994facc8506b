/** Tests of the package of the same name. */
@NullMarked
package io.longreel.config.topology;

import org.jspecify.annotations.NullMarked;

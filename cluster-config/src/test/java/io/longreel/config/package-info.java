/** Tests of the package of the same name. */
@NullMarked
package io.longreel.config;

import org.jspecify.annotations.NullMarked;

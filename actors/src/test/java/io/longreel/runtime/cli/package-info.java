/** Tests of the package of the same name. */
@NullMarked
package io.longreel.runtime.cli;

import org.jspecify.annotations.NullMarked;

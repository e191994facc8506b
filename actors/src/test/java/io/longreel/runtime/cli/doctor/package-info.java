/** Tests of the package of the same name. */
@NullMarked
package io.longreel.runtime.cli.doctor;

import org.jspecify.annotations.NullMarked;

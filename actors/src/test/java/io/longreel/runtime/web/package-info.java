/** Tests of the package of the same name. */
@NullMarked
package io.longreel.runtime.web;

import org.jspecify.annotations.NullMarked;

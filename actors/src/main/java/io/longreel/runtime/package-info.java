@NullMarked
package io.longreel.runtime;

import org.jspecify.annotations.NullMarked;

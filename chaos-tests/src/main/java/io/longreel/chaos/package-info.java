@NullMarked
package io.longreel.chaos;

import org.jspecify.annotations.NullMarked;

@NullMarked
package io.longreel.curriculum;

import org.jspecify.annotations.NullMarked;

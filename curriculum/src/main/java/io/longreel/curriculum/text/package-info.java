/** Text to token ids and back. Pure and immutable; the ids of special tokens are defined here and nowhere else. */
@NullMarked
package io.longreel.curriculum.text;

import org.jspecify.annotations.NullMarked;

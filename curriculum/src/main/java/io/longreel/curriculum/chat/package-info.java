/** Questions about images and videos, and what answers them. */
@NullMarked
package io.longreel.curriculum.chat;

import org.jspecify.annotations.NullMarked;

/** Pure arithmetic over the stages of a run: which phase a step lies in, with which learning rate and RoPE base. Immutable, no I/O. */
@NullMarked
package io.longreel.curriculum.stage;

import org.jspecify.annotations.NullMarked;

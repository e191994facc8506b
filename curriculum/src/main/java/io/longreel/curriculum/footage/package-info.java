/**
 * Footage made out of nothing but a seed, for runs that bring no video of their own: landscapes, textures, moving bodies and lights, with cuts
 * between them. Deterministic to the bit (no trigonometry whose rounding a platform may choose). Used by one thread.
 */
@NullMarked
package io.longreel.curriculum.footage;

import org.jspecify.annotations.NullMarked;

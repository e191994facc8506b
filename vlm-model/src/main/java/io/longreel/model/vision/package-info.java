/** The SigLIP vision tower, forward and backward, over the frames of one rank. No communication. */
@NullMarked
package io.longreel.model.vision;

import org.jspecify.annotations.NullMarked;

/**
 * Pictures in: image files through FFmpeg's C interface, resampling as Pillow does it, and what a vision tower's processor makes of a picture.
 * A picture's pixels are those that {@code PIL.Image.open(file).convert("RGB")} gives, because that is what the models were trained on.
 * Everything here is immutable or works on memory of its own call, so any number of threads may use it at a time. Whatever is wrong with a
 * file comes out as one line of {@code RuntimeFailure} with category DATA; FFmpeg itself prints nothing.
 */
@NullMarked
package io.longreel.curriculum.image;

import org.jspecify.annotations.NullMarked;

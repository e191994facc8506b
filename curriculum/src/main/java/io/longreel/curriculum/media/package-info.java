/**
 * Media of the user's records as rows of frames: which frames of a video, which tiles of an image, counted without decoding, decoded when they are read and
 * kept within a bound. A process has one {@code MediaStore}, which any thread may use.
 */
@NullMarked
package io.longreel.curriculum.media;

import org.jspecify.annotations.NullMarked;

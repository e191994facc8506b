/**
 * Video files in and out, through FFmpeg's C interface, and the bounded store of decoded frames. A reader or writer belongs to one thread at
 * a time; {@code FrameStore} may be used by many. Whatever is wrong with a file comes out as one line of
 * {@code RuntimeFailure} with category DATA; FFmpeg itself prints nothing.
 */
@NullMarked
package io.longreel.curriculum.video;

import org.jspecify.annotations.NullMarked;

/**
 * What travels over a link: the drawn layout of a frame, and the checks that every frame passes on receipt. A frame of another generation is
 * refused and counted; anything else that is not exactly what was expected throws. Pure; no threads.
 */
@NullMarked
package io.longreel.transport.frame;

import org.jspecify.annotations.NullMarked;

/** Tests of the frame layout and its checks. */
@NullMarked
package io.longreel.transport.frame;

import org.jspecify.annotations.NullMarked;

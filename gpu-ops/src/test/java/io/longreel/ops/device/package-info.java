/** What a device offers. */
@NullMarked
package io.longreel.ops.device;

import org.jspecify.annotations.NullMarked;

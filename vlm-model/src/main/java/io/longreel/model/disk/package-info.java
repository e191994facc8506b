/**
 * The border between what must not be lost and the disk. {@link io.longreel.model.disk.Disk} has exactly the calls whose order decides what a
 * crash leaves behind, so that a simulated disk can stop at each of them. Stateless; any thread.
 */
@NullMarked
package io.longreel.model.disk;

import org.jspecify.annotations.NullMarked;

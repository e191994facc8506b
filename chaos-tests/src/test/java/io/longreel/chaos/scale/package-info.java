/** The simulation run, and proof that it would notice. */
@NullMarked
package io.longreel.chaos.scale;

import org.jspecify.annotations.NullMarked;

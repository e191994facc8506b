/** Where faults strike, how often, and that they say so first. */
@NullMarked
package io.longreel.chaos.fault;

import org.jspecify.annotations.NullMarked;

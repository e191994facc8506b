/** Groups of ranks and their collectives, over whatever link lies between two ranks. A communicator is used by the compute thread of its rank only; abort may come from any thread. */
@NullMarked
package io.longreel.transport;

import org.jspecify.annotations.NullMarked;

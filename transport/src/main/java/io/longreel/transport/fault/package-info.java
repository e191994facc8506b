/**
 * What may be done to the frames of a link, at its sending end: hold, drop, corrupt, double or cut, at chosen frames or by rules that are switched on and
 * off, with proof that it happened. Also links slowed down to a bandwidth and a latency, for measurements. Production passes {@link io.longreel.transport.fault.LinkFault#NONE}. Any thread.
 */
@NullMarked
package io.longreel.transport.fault;

import org.jspecify.annotations.NullMarked;

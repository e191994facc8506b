/**
 * Who decides what the cluster does next. {@code SupervisorCore} is a pure state machine, event in, new state and
 * effects out, without a clock, a file or an actor in it; {@code SupervisorActor} is the thin shell that feeds it and
 * carries its effects out in order. All of it runs in the seed.
 */
@NullMarked
package io.longreel.runtime.supervisor;

import org.jspecify.annotations.NullMarked;

/**
 * What must hold in every run, whatever goes wrong, checked from outside: checkers see what ranks reported, what was journaled and what was
 * sent, and share no code with the protocol's cores. A broken promise is a {@link io.longreel.chaos.checker.Violation}. One thread.
 */
@NullMarked
package io.longreel.chaos.checker;

import org.jspecify.annotations.NullMarked;

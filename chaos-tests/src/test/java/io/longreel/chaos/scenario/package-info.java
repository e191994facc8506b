/** Scenarios that take seconds, played in every verification, and what judges them. */
@NullMarked
package io.longreel.chaos.scenario;

import org.jspecify.annotations.NullMarked;

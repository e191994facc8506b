/**
 * What the main pieces of work cost on this machine, beside what the machine could do at best, measured in the same run. Run by hand
 * ({@code bin/longreel bench}); no test depends on a time.
 */
@NullMarked
package io.longreel.model.bench;

import org.jspecify.annotations.NullMarked;

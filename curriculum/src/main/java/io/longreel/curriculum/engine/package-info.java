/** Many questions over one mesh of ranks: which of them is worked on when, and what each rank does for it. */
@NullMarked
package io.longreel.curriculum.engine;

import org.jspecify.annotations.NullMarked;

/** What somebody who looks at a run's data gets to see: counts, lengths, records as the model has them. Values alone; all of them are immutable. */
@NullMarked
package io.longreel.curriculum.survey;

import org.jspecify.annotations.NullMarked;

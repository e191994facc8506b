/** From vision features to decoder rows: VILA's 2 x 2 downsampling projector. No communication. */
@NullMarked
package io.longreel.model.projector;

import org.jspecify.annotations.NullMarked;

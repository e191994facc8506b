/** Keys and values that outlive a pass: what a rank keeps of sequences that go on. */
@NullMarked
package io.longreel.model.cache;

import org.jspecify.annotations.NullMarked;

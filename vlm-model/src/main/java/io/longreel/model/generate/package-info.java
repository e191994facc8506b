/** Text from a model: keys and values kept over ranks, one new token after the other. */
@NullMarked
package io.longreel.model.generate;

import org.jspecify.annotations.NullMarked;

/** Samples out of the user's datasets: a record, its media and its words as ids, labels and frames. Equal on every rank; nothing is decoded here. */
@NullMarked
package io.longreel.curriculum.records;

import org.jspecify.annotations.NullMarked;

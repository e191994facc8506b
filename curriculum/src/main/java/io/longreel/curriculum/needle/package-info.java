/**
 * Needle in a video haystack for any finished model (LongVILA, section 5.3; specification 7.1): footage of any kind, needles of any kind, a grid of lengths and
 * depths that can be stopped and gone on with. {@code NeedleExam} is the way in; one thread drives it.
 */
@NullMarked
package io.longreel.curriculum.needle;

import org.jspecify.annotations.NullMarked;

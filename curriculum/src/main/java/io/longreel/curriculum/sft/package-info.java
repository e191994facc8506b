/**
 * Makes training data for supervised fine-tuning out of long videos, as LongVILA made LongVILA-SFT (section 3.4): clips of about ten seconds, a
 * caption for each by one model, and from all captions of a video a summary and questions with answers by another. {@code SftBuild} runs it.
 * Invariant: what a model has answered is on disk before anything is made of it, so a build that was interrupted asks nothing twice; a video
 * that cannot be used costs itself only. Requests and decoding run side by side; time, chance and waiting are handed in.
 */
@NullMarked
package io.longreel.curriculum.sft;

import org.jspecify.annotations.NullMarked;

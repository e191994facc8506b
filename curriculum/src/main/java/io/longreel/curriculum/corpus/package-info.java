/**
 * Datasets that a user brings, as they lie on disk: conversations with images and videos (LLaVA records, WebDataset shards), texts and rows
 * of token ids. A dataset is opened by one pass over its files that keeps some bytes per record; records are read when somebody asks, in any
 * order and from any thread. A {@link io.longreel.curriculum.corpus.Mixture} says which record of which dataset a run sees at which position,
 * equal on every rank. Pixels are not touched here: a {@link io.longreel.curriculum.corpus.Medium} says where they are.
 */
@NullMarked
package io.longreel.curriculum.corpus;

import org.jspecify.annotations.NullMarked;

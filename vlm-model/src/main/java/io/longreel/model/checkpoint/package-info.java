/**
 * Models and training states on disk: safetensors, VILA's checkpoint layout, and training checkpoints of one slice per rank. A file or
 * a model's directory under its final name is always whole: it is written under a temporary name, synced, then renamed; a training
 * checkpoint's directory fills slice by slice and counts once its manifest is there. Used by one thread at a time; input of others is
 * checked in full and refused with one line that names file and tensor.
 */
@NullMarked
package io.longreel.model.checkpoint;

import org.jspecify.annotations.NullMarked;

/**
 * The distributed runtime: a seed process hosts the supervisor, worker processes host node and rank actors. Control
 * travels in actor messages, tensors never do. Actors never block; compute and files have threads of their own.
 */
@NullMarked
package io.longreel.runtime;

import org.jspecify.annotations.NullMarked;

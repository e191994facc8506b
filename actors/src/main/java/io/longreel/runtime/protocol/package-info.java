/**
 * All messages between supervisor, nodes and ranks: sealed interfaces of records that validate themselves. Imperative
 * towards a rank or node, past tense back. Every message about ranks carries the generation, stage and step it is
 * about, and a stale generation is answered {@code Fenced}. Immutable; at most a few KiB, except the welcome with the
 * run's configuration; no tensor ever.
 */
@NullMarked
package io.longreel.runtime.protocol;

import org.jspecify.annotations.NullMarked;

/**
 * Questions over HTTP, as OpenAI's chat completions: parsing, media, limits, streaming, and what happens to an answer that nobody waits for any more.
 * Knows of what answers only {@link io.longreel.curriculum.chat.ChatService}. Invariant: every question that was asked is either over or
 * cancelled when its request ends, once, and what was held for it (a place, memory, media) is free then. Each request has a virtual thread of its own,
 * which waits and writes; nothing else is done for it elsewhere, but for reading its body and asking, which an interrupt must not reach.
 */
@NullMarked
package io.longreel.runtime.http;

import org.jspecify.annotations.NullMarked;

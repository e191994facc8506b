package io.longreel.curriculum.sft;

import java.util.Optional;

/** What came of asking a model once. */
public sealed interface ChatReply {

    /** An answer; never blank. */
    record Text(String text) implements ChatReply {}

    /**
     * No answer this time: the same request may succeed later.
     *
     * @param reason in words, on one line
     * @param retryAfterMs how long the model asked to be left alone
     */
    record Busy(String reason, Optional<Long> retryAfterMs) implements ChatReply {
        public Busy(String reason) {
            this(reason, Optional.empty());
        }
    }

    /**
     * No answer to this request, however often it is made; others may have one. So it is when a filter for content stands in the way.
     *
     * @param reason in words, on one line
     */
    record Withheld(String reason) implements ChatReply {}

    /** No answer, and none for any other request until somebody mends what {@code reason} names on one line. */
    record Refused(String reason) implements ChatReply {}
}

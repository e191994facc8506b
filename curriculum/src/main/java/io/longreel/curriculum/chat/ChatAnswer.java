package io.longreel.curriculum.chat;

/**
 * An answer and how it came about.
 *
 * @param text without stop texts and special tokens
 * @param promptTokens of the question, frames expanded
 * @param cachedTokens of these, how many were known from an earlier question
 * @param newTokens of the answer, its end included
 * @param firstTokenNs from the question to the first token
 * @param totalNs from the question to the last token
 */
public record ChatAnswer(
        String text, End end, int promptTokens, int cachedTokens, int newTokens, long firstTokenNs, long totalNs) {

    /** Why an answer is over. */
    public enum End {
        /** The model ended it, or a stop text came. */
        STOP,
        /** It became as long as it may be. */
        LENGTH,
        /** Nobody wanted to hear more. */
        CANCELLED
    }
}

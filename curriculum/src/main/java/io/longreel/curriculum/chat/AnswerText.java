package io.longreel.curriculum.chat;

import io.longreel.curriculum.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * The text of an answer, token by token. Gives out whole characters only, and nothing that may yet become a stop text; all pieces together are the text of all ids,
 * up to the stop text that is complete first. Decodes a short tail of the ids each time, which begins where characters were whole, as a
 * tokenizer may decode a token in another way at the beginning of a text (the detokenizers of vLLM and of text-generation-inference do the same). Of one answer,
 * and one thread at a time.
 */
public final class AnswerText {
    /** What decoders make of bytes that are no character, or not yet. */
    private static final char REPLACEMENT = '\uFFFD';

    /** A character has four bytes at most, so one that takes more tokens than this is never whole. */
    private static final int PENDING_TOKENS_MAX = 16;

    /** Bytes of a character but one. */
    private static final int PENDING_CHARACTERS_MAX = 3;

    private final Tokenizer tokenizer;
    private final List<String> stops;
    private final StringBuilder given = new StringBuilder();
    /** Decoded, and perhaps the beginning of a stop text. */
    private final StringBuilder held = new StringBuilder();

    /** The last ids; the first {@code whole} of them end with a whole character. */
    private int[] tail = new int[0];

    private int whole;
    /** Characters of the tail's text that are decoded for good. */
    private int decoded;

    private boolean stopped;

    /**
     * @param stops texts that end the answer and are not part of it; none is empty
     */
    public AnswerText(Tokenizer tokenizer, List<String> stops) {
        this.tokenizer = tokenizer;
        this.stops = List.copyOf(stops);
    }

    /** Takes the next token. Returns what is new of the text; empty = nothing yet, or nothing more after a stop text. */
    public String add(int id) {
        if (stopped) {
            return "";
        }
        tail = Arrays.copyOf(tail, tail.length + 1);
        tail[tail.length - 1] = id;
        String text = tokenizer.decode(tail);
        int open = openCharacters(text);
        if (open > 0 && tail.length - whole <= PENDING_TOKENS_MAX) {
            return "";
        }
        int end = Math.max(decoded, text.length() - open);
        String fresh = text.substring(Math.min(decoded, end), Math.min(end, text.length()));
        decoded = end;
        shorten(open);
        return give(fresh, false);
    }

    /** The answer is over: the rest of its text. */
    public String finish() {
        if (stopped) {
            return "";
        }
        String text = tokenizer.decode(tail);
        String rest = text.substring(Math.min(decoded, text.length()));
        tail = new int[0];
        whole = 0;
        decoded = 0;
        return give(rest, true);
    }

    /** Whether a stop text is complete. */
    public boolean isStopped() {
        return stopped;
    }

    /** All that was given out. */
    public String text() {
        return given.toString();
    }

    /** Characters at the end that more bytes may change. */
    private static int openCharacters(String text) {
        int open = 0;
        while (open < PENDING_CHARACTERS_MAX
                && open < text.length()
                && text.charAt(text.length() - 1 - open) == REPLACEMENT) {
            open++;
        }
        return open;
    }

    /** Keeps the ids since the last whole character as what the next one is decoded behind. */
    private void shorten(int open) {
        int from = open == 0 ? whole : tail.length - PENDING_TOKENS_MAX;
        int[] shorter = Arrays.copyOfRange(tail, from, tail.length);
        int length = tokenizer.decode(shorter).length();
        if (length == 0) {
            whole = tail.length; // of special tokens alone, behind which text would look like a beginning
            return;
        }
        tail = shorter;
        decoded = Math.max(0, length - open);
        whole = open == 0 ? shorter.length : 0;
    }

    private String give(String fresh, boolean isLast) {
        held.append(fresh);
        int end = held.length() + 1;
        int start = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            boolean isFirst = at + stop.length() < end || (at + stop.length() == end && at < start);
            if (at >= 0 && isFirst) {
                start = at;
                end = at + stop.length();
            }
        }
        stopped = start >= 0;
        int give = stopped ? start : held.length() - (isLast ? 0 : stopBeginning());
        String piece = held.substring(0, give);
        held.delete(0, stopped ? held.length() : give);
        given.append(piece);
        return piece;
    }

    /** Characters at the end that a stop text may begin with. */
    private int stopBeginning() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (stop.startsWith(held.substring(held.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}

package io.longreel.curriculum.sft;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What models write, made fit for a data set. Small models fall into saying one sentence over and over: text is cut where a sentence comes for
 * the second time, as in the authors' older code (specification 6.3). Pure functions.
 */
final class ModelText {
    /** What a reasoning model says to itself. */
    private static final Pattern THOUGHTS = Pattern.compile("(?s)^\\s*<think>.*?</think>");

    private static final Pattern SENTENCE = Pattern.compile("(?s).*?(?:[.!?。！？]+[\"')\\]]*(?=\\s|$)|[。！？]|\\n+|$)");
    private static final Pattern NOT_WORDS = Pattern.compile("[^\\p{L}\\p{N}]+");
    /** "Yes." and the like may well come twice. */
    private static final int REPEATED_CHARS_MIN = 12;

    private ModelText() {}

    static String withoutThoughts(String text) {
        return THOUGHTS.matcher(text).replaceFirst("");
    }

    /** One line, without thoughts and repetitions, of at most {@code charsMax} characters and then of whole sentences where there are any. */
    static String tidy(String text, int charsMax) {
        String tidy = cutRepeats(withoutThoughts(text).strip())
                .replaceAll("\\s+", " ")
                .strip();
        if (tidy.length() <= charsMax) {
            return tidy;
        }
        int end = 0;
        Matcher sentence = SENTENCE.matcher(tidy);
        while (sentence.find()
                && sentence.end() <= charsMax
                && !sentence.group().isEmpty()) {
            end = sentence.end();
        }
        return tidy.substring(0, end == 0 ? charsMax : end).strip();
    }

    /** Everything before the first sentence that has been there already. */
    static String cutRepeats(String text) {
        Set<String> seen = new HashSet<>();
        Matcher sentence = SENTENCE.matcher(text);
        while (sentence.find() && !sentence.group().isEmpty()) {
            String words = words(sentence.group());
            if (words.length() >= REPEATED_CHARS_MIN && !seen.add(words)) {
                return text.substring(0, sentence.start()).strip();
            }
        }
        return text;
    }

    /** Letters and digits only: equal for texts that say the same in the same words. */
    static String words(String text) {
        return NOT_WORDS.matcher(text).replaceAll(" ").strip().toLowerCase(Locale.ROOT);
    }
}

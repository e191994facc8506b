package io.longreel.curriculum.eval.task;

import io.longreel.config.EvaluationTaskSettings.Extract;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What of an answer counts (specification 7.2, 7.4). Where the authors draw a letter by lot, or take C, for an answer that has none, nothing is
 * extracted. Pure functions.
 */
final class AnswerExtraction {
    /** The longer ones first. In the authors' list two commas are missing, which makes one text of two, twice. */
    private static final List<String> PREFIXES = List.of(
            "The best answer is",
            "The correct answer is",
            "The answer is",
            "The answer",
            "The best option is",
            "The correct option is",
            "Best answer:",
            "Best option:");

    private static final Pattern ENDS = Pattern.compile("^[,.!?;:'\\s]+|[,.!?;:'\\s]+$");
    private static final Pattern FIRST_WORD = Pattern.compile("^[^\\p{L}]*(\\p{L}+)");
    /** Of fewer words than this an option's text is no part by design but by chance. */
    private static final int WORDS_MIN = 6;

    private AnswerExtraction() {}

    /**
     * Reads an answer.
     *
     * @param options of the question; empty where there are none
     * @return a letter where the rule is about letters; empty when it was not answered
     */
    static Optional<String> extract(Extract rule, String answer, List<String> options) {
        return switch (rule) {
            case FIRST_LETTER -> firstLetter(answer, options.size());
            case MARKED_LETTER -> markedLetter(answer, options);
            case FIRST_CHARACTER -> firstCharacter(answer, options.size());
            case YES_NO -> yesNo(answer);
            case TEXT -> Optional.of(answer.strip()).filter(text -> !text.isEmpty());
        };
    }

    private static Optional<String> firstLetter(String answer, int options) {
        String rest = answer.strip();
        for (String prefix : PREFIXES) {
            rest = rest.replace(prefix, "");
        }
        return rest.chars()
                .filter(c -> c >= 'A' && c < 'A' + options)
                .mapToObj(c -> String.valueOf((char) c))
                .findFirst();
    }

    private static Optional<String> firstCharacter(String answer, int options) {
        String text = answer.strip();
        return text.isEmpty() || text.charAt(0) < 'A' || text.charAt(0) >= 'A' + options
                ? Optional.empty()
                : Optional.of(text.substring(0, 1));
    }

    private static Optional<String> yesNo(String answer) {
        Matcher word = FIRST_WORD.matcher(answer);
        return Optional.of(word.find() ? word.group(1).toLowerCase(Locale.ROOT) : "")
                .filter(text -> text.equals("yes") || text.equals("no"));
    }

    private static Optional<String> markedLetter(String answer, List<String> options) {
        String letters = "[A-%s]".formatted(Letters.of(Math.max(0, options.size() - 1)));
        String text = answer.strip();
        // "D. A book" is D: an article further on looks like a letter, too.
        Matcher label = Pattern.compile("^\\(?(" + letters + ")[.):](?=\\s|$)").matcher(text);
        if (label.find()) {
            return Optional.of(label.group(1));
        }
        String padded = " " + ENDS.matcher(text).replaceAll("") + " ";
        for (String form :
                List.of("\\((" + letters + ")\\)", "(?<= )(" + letters + ")(?= )", "\\b(" + letters + ")\\.")) {
            Optional<String> last = last(Pattern.compile(form).matcher(padded));
            if (last.isPresent()) {
                return last;
            }
        }
        return text.split("\\s+").length < WORDS_MIN ? exact(text, options) : mentioned(text, options);
    }

    private static Optional<String> last(Matcher found) {
        Optional<String> last = Optional.empty();
        while (found.find()) {
            last = Optional.of(found.group(1));
        }
        return last;
    }

    private static Optional<String> exact(String text, List<String> options) {
        for (int i = 0; i < options.size(); i++) {
            if (bare(options.get(i)).equalsIgnoreCase(bare(text))) {
                return Optional.of(Letters.of(i));
            }
        }
        return Optional.empty();
    }

    /** The option whose text comes last. */
    private static Optional<String> mentioned(String text, List<String> options) {
        int best = -1;
        int at = -1;
        for (int i = 0; i < options.size(); i++) {
            String option = bare(options.get(i)).toLowerCase(Locale.ROOT);
            int found = option.isEmpty() ? -1 : text.toLowerCase(Locale.ROOT).lastIndexOf(option);
            if (found > at) {
                best = i;
                at = found;
            }
        }
        return best < 0 ? Optional.empty() : Optional.of(Letters.of(best));
    }

    /** Without what stands around words. */
    static String bare(String text) {
        return ENDS.matcher(text).replaceAll("");
    }
}

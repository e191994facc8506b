package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.longreel.config.EvaluationTaskSettings.Verdict;
import java.util.Locale;
import java.util.Optional;

/**
 * What a judge said of an answer. A dictionary as Python writes it will do, and text around it. A score with a fraction loses it, as in the
 * authors' code; one that is not from 0 to 5 is none.
 *
 * @param yes whether it is right; empty where only a score was asked for
 */
record JudgeReply(Optional<Boolean> yes, int score) {
    static final int SCORE_MAX = 5;

    private static final JsonMapper LENIENT = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_SINGLE_QUOTES)
            .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .build();

    /** Empty when it says no such thing. */
    static Optional<JudgeReply> parse(Verdict form, String text) {
        int from = text.indexOf('{');
        int to = text.lastIndexOf('}');
        if (from < 0 || to < from) {
            return Optional.empty();
        }
        JsonNode said;
        try {
            said = LENIENT.readTree(text.substring(from, to + 1));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
        Optional<Integer> score = score(said.path("score"));
        if (form == Verdict.SCORE) {
            return score.map(number -> new JudgeReply(Optional.empty(), number));
        }
        String word = said.path("pred").asText().strip().toLowerCase(Locale.ROOT);
        boolean isWord = word.equals("yes") || word.equals("no");
        return isWord ? score.map(number -> new JudgeReply(Optional.of(word.equals("yes")), number)) : Optional.empty();
    }

    private static Optional<Integer> score(JsonNode node) {
        try {
            double number = Double.parseDouble(node.asText());
            return number >= 0 && number <= SCORE_MAX ? Optional.of((int) number) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }
}

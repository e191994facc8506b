package io.longreel.curriculum.sft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the writer's answer is worth: the summary and pairs in it that can be used, and a complaint for everything else, in words that the
 * writer is told. Pure: the same answer gives the same result.
 *
 * @param summary empty when there is none that can be used
 * @param complaints empty when nothing is wrong
 */
record AnswerCheck(Optional<String> summary, List<QaPair> pairs, List<String> complaints) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int QUESTION_CHARS_MAX = 500;
    private static final int ANSWER_CHARS_MAX = 2_000;
    private static final int SUMMARY_CHARS_MAX = 8_000;
    private static final int QUOTED_CHARS_MAX = 80;

    AnswerCheck {
        pairs = List.copyOf(pairs);
        complaints = List.copyOf(complaints);
    }

    static AnswerCheck of(String answer) {
        String text = ModelText.withoutThoughts(answer);
        int from = text.indexOf('{');
        int to = text.lastIndexOf('}');
        if (from < 0 || to < from) {
            return nothing("there is no JSON object in it");
        }
        JsonNode root;
        try {
            root = JSON.readTree(text.substring(from, to + 1));
        } catch (JsonProcessingException e) {
            return nothing("it is not valid JSON: " + e.getOriginalMessage());
        }
        List<String> complaints = new ArrayList<>();
        String summary = ModelText.tidy(root.path("summary").asText(), SUMMARY_CHARS_MAX);
        if (summary.isEmpty()) {
            complaints.add("\"summary\" must be a text");
        }
        List<QaPair> pairs = new ArrayList<>();
        Set<String> questions = new HashSet<>();
        JsonNode list = root.path("questions");
        if (!list.isArray() || list.isEmpty()) {
            complaints.add("\"questions\" must be a list of at least one question");
        }
        for (int i = 0; i < list.size(); i++) {
            Optional<QaPair> pair = pair(list.get(i), i + 1, questions, complaints);
            pair.ifPresent(pairs::add);
        }
        return new AnswerCheck(summary.isEmpty() ? Optional.empty() : Optional.of(summary), pairs, complaints);
    }

    /** Whether there is something to make samples of. */
    boolean isUsable() {
        return summary.isPresent() && !pairs.isEmpty();
    }

    private static AnswerCheck nothing(String complaint) {
        return new AnswerCheck(Optional.empty(), List.of(), List.of(complaint));
    }

    private static Optional<QaPair> pair(JsonNode entry, int number, Set<String> questions, List<String> complaints) {
        Optional<QuestionKind> kind = QuestionKind.of(entry.path("kind").asText());
        String question = entry.path("question").asText().strip().replaceAll("\\s+", " ");
        String answer = ModelText.tidy(entry.path("answer").asText(), Integer.MAX_VALUE);
        String complaint = "";
        if (kind.isEmpty()) {
            complaint = "its kind must be one of " + QuestionKind.words();
        } else if (ModelText.words(question).isEmpty()
                || ModelText.words(answer).isEmpty()) {
            complaint = "question and answer must be texts that are not empty";
        } else if (question.length() > QUESTION_CHARS_MAX || answer.length() > ANSWER_CHARS_MAX) {
            complaint = "the question must not exceed %d characters, the answer not %d"
                    .formatted(QUESTION_CHARS_MAX, ANSWER_CHARS_MAX);
        } else if (ModelText.words(question).equals(ModelText.words(answer))) {
            complaint = "the answer only repeats the question";
        } else if (!questions.add(ModelText.words(question))) {
            complaint = "the question was asked before";
        }
        if (complaint.isEmpty()) {
            return kind.map(known -> new QaPair(known, question, answer));
        }
        String quoted =
                question.length() > QUOTED_CHARS_MAX ? question.substring(0, QUOTED_CHARS_MAX) + "..." : question;
        complaints.add("question %d (%s): %s".formatted(number, quoted, complaint));
        return Optional.empty();
    }
}

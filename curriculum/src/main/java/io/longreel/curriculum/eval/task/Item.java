package io.longreel.curriculum.eval.task;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A record of a task, which counts whatever becomes of it.
 *
 * @param id tells it apart from all others of the task
 * @param groups what it is reported under; an {@link #UNKNOWN} member where the record does not say
 * @param circularGroup records of equal value are one question; empty where that is not so or not known
 * @param question empty when it cannot be asked
 * @param fault why not, in one line; blank when it can
 */
record Item(String id, Map<String, String> groups, String circularGroup, Optional<Question> question, String fault) {
    static final String UNKNOWN = "?";

    /**
     * What is asked.
     *
     * @param row for what the prompt still needs
     * @param text of the question alone
     * @param options without their letters
     * @param expected a letter where there are options, else a text; empty = a secret
     */
    record Question(Row row, String text, List<String> options, Optional<String> expected, Path video) {
        Question {
            options = List.copyOf(options);
        }
    }

    /** The same, but it cannot be asked. */
    Item unusable(String reason) {
        return new Item(id, groups, circularGroup, Optional.empty(), reason);
    }
}

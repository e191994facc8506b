package io.longreel.curriculum.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.longreel.config.EvaluationTaskSettings.Extract;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AnswerExtractionTest {
    private static final List<String> FOUR = List.of("A red car.", "A bus", "Three dogs", "Nothing");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // 7.2; the authors' list lacks commas behind the fifth and seventh prefix.
                "FIRST_LETTER | C | C",
                "FIRST_LETTER | The best answer is D. | D",
                "FIRST_LETTER | Best answer: C | C",
                "FIRST_LETTER | Best option: (D) | D",
                "FIRST_LETTER | The correct option is B | B",
                "FIRST_LETTER | The best option is A | A",
                "FIRST_LETTER | I do not know that at all, as nothing of it is in the frames. | -",
                "FIRST_LETTER | E | -",
                "FIRST_LETTER | '' | -",
                // 7.4, parse_choice: without a draw by lot.
                "MARKED_LETTER | B | B",
                "MARKED_LETTER | B. | B",
                "MARKED_LETTER | (C) | C",
                "MARKED_LETTER | It is (A), or rather (D). | D",
                "MARKED_LETTER | D. A book | D",
                "MARKED_LETTER | D) A book | D",
                "MARKED_LETTER | The answer is C | C",
                "MARKED_LETTER | The answer is C, as I think | -",
                "MARKED_LETTER | I think the answer is B. It fits. | B",
                "MARKED_LETTER | a bus | B",
                "MARKED_LETTER | What can be seen there are three dogs in the yard | C",
                "MARKED_LETTER | E | -",
                "MARKED_LETTER | no idea | -",
                "FIRST_CHARACTER | B | B",
                "FIRST_CHARACTER | B. Two | B",
                "FIRST_CHARACTER | The answer is B | -",
                "FIRST_CHARACTER | (B) | -",
                "FIRST_CHARACTER | b | -",
                "FIRST_CHARACTER | '' | -",
                "YES_NO | Yes, it is. | yes",
                "YES_NO | no | no",
                "YES_NO | Nobody | -",
                "TEXT | ' a horse ' | a horse",
                "TEXT | ' ' | -"
            })
    void shouldReadAnAnswer(Extract rule, String answer, String expected) {
        assertEquals(Optional.ofNullable(expected), AnswerExtraction.extract(rule, answer, FOUR));
    }

    @ParameterizedTest
    @CsvSource({"FIRST_LETTER, C", "MARKED_LETTER, C", "FIRST_CHARACTER, C"})
    void shouldKnowNoLetterBehindTheLastOption(Extract rule, String answer) {
        assertEquals(Optional.empty(), AnswerExtraction.extract(rule, answer, List.of("x", "y")));
    }
}

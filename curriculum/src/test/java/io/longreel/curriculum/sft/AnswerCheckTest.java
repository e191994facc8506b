package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AnswerCheckTest {
    private static final String GOOD = "{'kind': 'Object', 'question': 'What stands there?', 'answer': 'A red lamp.'}";

    @Test
    void shouldTakeAnAnswerThatIsAsAskedForInWhateverItIsWrapped() {
        AnswerCheck check = AnswerCheck.of(
                ("<think>{hm}</think>Here it is:\n```json\n{'summary': 'A lamp shines.', 'questions': [" + GOOD
                                + ", {'kind': 'ocr', 'question': 'What is written?', 'answer': 'It says EXIT.'}]}\n```")
                        .replace('\'', '"'));
        assertEquals(List.of(), check.complaints());
        assertTrue(check.isUsable());
        assertEquals("A lamp shines.", check.summary().orElseThrow());
        assertEquals(
                List.of(
                        new QaPair(QuestionKind.OBJECT, "What stands there?", "A red lamp."),
                        new QaPair(QuestionKind.OCR, "What is written?", "It says EXIT.")),
                check.pairs());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'kind': 'Sound', 'question': 'What sounds?', 'answer': 'A bell.' | its kind must be one of Spatial",
                "'kind': 'Action', 'question': ' ', 'answer': 'A bell.' | not empty",
                "'kind': 'Action', 'question': 'What runs?', 'answer': '...' | not empty",
                "'kind': 'Action', 'question': 'What runs?' | not empty",
                "'kind': 'Action', 'question': 'What runs?', 'answer': 'what runs' | only repeats the question",
                "'kind': 'Action', 'question': 'What  stands there', 'answer': 'A bell.' | was asked before",
            })
    void shouldComplainAboutOneQuestionAndKeepTheOthers(String bad, String complaint) {
        AnswerCheck check = AnswerCheck.of(
                ("{'summary': 'A lamp.', 'questions': [" + GOOD + ", {" + bad + "}]}").replace('\'', '"'));
        assertEquals(1, check.complaints().size(), check::toString);
        assertTrue(check.complaints().getFirst().contains(complaint), check::toString);
        assertTrue(check.complaints().getFirst().startsWith("question 2"), check::toString);
        assertEquals(1, check.pairs().size());
        assertTrue(check.isUsable());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "I cannot do that. | no JSON object",
                "{'summary': 'A lamp.', 'questions': [ | no JSON object",
                "{'summary': 'A lamp.' 'questions': []} | not valid JSON",
                "{'summary': 'A lamp.'} | must be a list",
                "{'summary': 'A lamp.', 'questions': []} | must be a list",
                "{'questions': [{'kind': 'OCR', 'question': 'What?', 'answer': 'EXIT'}]} | must be a text"
            })
    void shouldTakeNothingFromAnAnswerOfAnotherForm(String answer, String complaint) {
        AnswerCheck check = AnswerCheck.of(answer.replace('\'', '"'));
        assertFalse(check.isUsable());
        assertTrue(check.complaints().getFirst().contains(complaint), check::toString);
    }

    @Test
    void shouldRefuseWhatIsTooLong() {
        String answer =
                "{\"summary\": \"A lamp.\", \"questions\": [{\"kind\": \"OCR\", \"question\": \"%s?\", \"answer\": \"EXIT\"}]}";
        assertTrue(AnswerCheck.of(answer.formatted("x".repeat(499))).isUsable());
        assertFalse(AnswerCheck.of(answer.formatted("x".repeat(500))).isUsable());
    }
}

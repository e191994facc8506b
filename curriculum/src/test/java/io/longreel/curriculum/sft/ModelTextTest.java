package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class ModelTextTest {
    @Test
    void shouldCutWhereASentenceComesAgain() {
        assertEquals(
                "A man walks in. He sits down on a chair.",
                ModelText.tidy("A man walks in.  He sits down on a chair.\nHe sits down on a CHAIR. And more.", 1000));
        assertEquals("No. No. A dog runs.", ModelText.tidy("No. No. A dog runs.", 1000));
        assertEquals("It costs 3.50 euros. It rains.", ModelText.tidy("It costs 3.50 euros. It rains.", 1000));
    }

    @Test
    void shouldKeepWholeSentencesWhenTextIsTooLong() {
        assertEquals("One is here.", ModelText.tidy("One is here. Two is there.", 20));
        assertEquals("abcde", ModelText.tidy("abcdefgh", 5));
    }

    @Test
    void shouldLeaveThoughtsOut() {
        assertEquals("Blue sky.", ModelText.tidy("<think>what is it.\nhm</think>\n\nBlue sky.", 100));
        assertEquals("", ModelText.tidy("<think>what is it</think>", 100));
    }
}

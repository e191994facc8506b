package io.longreel.curriculum.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.longreel.config.RuntimeFailure;
import org.junit.jupiter.api.Test;

class ByteTokenizerTest {
    @Test
    void shouldGiveBackTextWhateverItsScript() {
        for (String text : new String[] {"", "a card with 7", "Größe 大 🎬\n"}) {
            assertEquals(text, ByteTokenizer.decode(ByteTokenizer.encode(text)));
        }
        assertArrayEquals(new int[] {226, 130, 172}, ByteTokenizer.encode("€"));
    }

    @Test
    void shouldLeaveOutSpecialTokensWhenDecoding() {
        int[] ids = {ByteTokenizer.BEGIN, ByteTokenizer.IMAGE, 'o', 'k', ByteTokenizer.END};
        assertEquals("ok", ByteTokenizer.decode(ids));
    }

    @Test
    void shouldRefuseVocabularyThatLacksSpecialTokens() {
        ByteTokenizer.checkVocabulary(320);
        assertThrows(RuntimeFailure.class, () -> ByteTokenizer.checkVocabulary(319));
    }
}

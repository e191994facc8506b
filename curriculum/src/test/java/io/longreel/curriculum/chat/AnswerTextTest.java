package io.longreel.curriculum.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.curriculum.text.ByteLevelTokenizer;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.curriculum.text.FileTokenizer;
import io.longreel.curriculum.text.TestTokenizer;
import io.longreel.curriculum.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AnswerTextTest {
    @TempDir
    Path folder;

    private List<Tokenizer> tokenizers = List.of();

    @BeforeEach
    void open() {
        TestTokenizer.write(folder, List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        tokenizers = List.of(new ByteLevelTokenizer(), FileTokenizer.open(folder));
    }

    @Test
    void shouldGiveOutWholeCharacters() {
        for (Tokenizer tokenizer : tokenizers) {
            AnswerText answer = new AnswerText(tokenizer, List.of());
            List<String> pieces = new ArrayList<>();
            for (int id : tokenizer.encode("é🎥的")) {
                pieces.add(answer.add(id));
            }
            assertEquals(
                    List.of("é", "🎥", "的"),
                    pieces.stream().filter(piece -> !piece.isEmpty()).toList());
            assertEquals("", answer.finish());
        }
    }

    @Test
    void shouldHoldBackWhatMayBecomeAStopText() {
        Tokenizer bytes = new ByteLevelTokenizer();
        AnswerText answer = new AnswerText(bytes, List.of("\n\nQ:", "###"));
        StringBuilder given = new StringBuilder();
        for (int id : bytes.encode("a\n\nb#\n\nQ: no")) {
            String piece = answer.add(id);
            assertFalse(piece.endsWith("\n\n"), piece);
            given.append(piece);
        }
        assertEquals("a\n\nb#", given.toString());
        assertTrue(answer.isStopped());
        assertEquals("", answer.add('x'));
        assertEquals("", answer.finish());
        assertEquals("a\n\nb#", answer.text());
    }

    @Test
    void shouldGiveOutWhatDidNotBecomeAStopTextInTheEnd() {
        AnswerText answer = new AnswerText(new ByteLevelTokenizer(), List.of("###"));
        assertEquals("", answer.add('#'));
        assertEquals("", answer.add('#'));
        assertEquals("##", answer.finish());
        assertFalse(answer.isStopped());
    }

    @Test
    void shouldLeaveOutSpecialTokens() {
        for (Tokenizer tokenizer : tokenizers) {
            AnswerText answer = new AnswerText(tokenizer, List.of());
            int special = tokenizer.special("<|im_end|>").orElseThrow();
            StringBuilder given = new StringBuilder();
            for (int id : new int[] {special, 'o', special, special, 'k', special}) {
                given.append(answer.add(id));
            }
            assertEquals("ok", given + answer.finish());
        }
    }

    /** However texts fall into tokens, and whether their bytes are characters or not. */
    @Test
    void shouldGiveTheTextOfAllIdsUpToTheFirstStopText() {
        Random random = new Random(7);
        String[] words = {"the", " a", "\n\n", "🎥", "é", "end", " EN", "D", "的", "<", "👩‍👩‍👧"};
        for (int round = 0; round < 400; round++) {
            Tokenizer tokenizer = tokenizers.get(round % 2);
            int[] ids = round % 5 == 0 ? noise(random) : spoken(random, words, tokenizer);
            List<String> stops = round % 3 == 0 ? List.of() : List.of("END", "thend", "🎥🎥", "\n\n\n");
            assertEquals(expected(tokenizer, ids, stops), streamed(tokenizer, ids, stops), "round=" + round);
        }
    }

    private static int[] noise(Random random) {
        return random.ints(60, 0, 256).toArray();
    }

    private static int[] spoken(Random random, String[] words, Tokenizer tokenizer) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            text.append(words[random.nextInt(words.length)]);
        }
        return tokenizer.encode(text.toString());
    }

    private static String streamed(Tokenizer tokenizer, int[] ids, List<String> stops) {
        AnswerText answer = new AnswerText(tokenizer, stops);
        StringBuilder pieces = new StringBuilder();
        for (int id : ids) {
            pieces.append(answer.add(id));
        }
        pieces.append(answer.finish());
        assertEquals(pieces.toString(), answer.text());
        return pieces.toString();
    }

    /** The stop text that is complete first counts; of two that end together, the longer one. */
    private static String expected(Tokenizer tokenizer, int[] ids, List<String> stops) {
        String text = tokenizer.decode(ids);
        for (int end = 1; end <= text.length(); end++) {
            String upTo = text.substring(0, end);
            int longest = stops.stream()
                    .filter(upTo::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) {
                return upTo.substring(0, end - longest);
            }
        }
        return text;
    }

    /** A tokenizer with word borders in front of its words, as sentencepiece has them, gives none to a text's first word. */
    @Test
    void shouldKeepSpacesThatATextBeginsWithout() {
        AnswerText answer = new AnswerText(new Words(), List.of());
        StringBuilder given = new StringBuilder();
        for (int id : new int[] {0, 1, Words.SPECIAL, 0}) {
            given.append(answer.add(id));
        }
        assertEquals("so it so", given + answer.finish());
    }

    @Test
    void shouldDecodeAShortTailOnly() {
        int[] longest = {0};
        Tokenizer bytes = new ByteLevelTokenizer();
        Tokenizer counting = new Words() {
            @Override
            public String decode(int[] ids) {
                longest[0] = Math.max(longest[0], ids.length);
                return bytes.decode(ids);
            }
        };
        AnswerText answer = new AnswerText(counting, List.of());
        for (int i = 0; i < 2000; i++) {
            answer.add(i < 1000 ? 'a' : 0xFF); // text, then bytes of no character
        }
        answer.finish();
        assertEquals("a".repeat(1000) + "\uFFFD".repeat(1000), answer.text());
        assertTrue(longest[0] < 40, "longest=" + longest[0]);
    }

    private static class Words implements Tokenizer {
        private static final int SPECIAL = 9;
        private static final List<String> TEXTS = List.of("so", "it");

        @Override
        public int size() {
            return ByteTokenizer.VOCABULARY_SIZE;
        }

        @Override
        public int[] encode(String text) {
            return new int[0];
        }

        @Override
        public String decode(int[] ids) {
            return String.join(
                    " ",
                    Arrays.stream(ids)
                            .filter(id -> id != SPECIAL)
                            .mapToObj(TEXTS::get)
                            .toList());
        }

        @Override
        public OptionalInt special(String token) {
            return OptionalInt.empty();
        }

        @Override
        public List<String> specials() {
            return List.of();
        }

        @Override
        public String source() {
            return "words";
        }
    }
}

package io.longreel.curriculum.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Text as its bytes, with the special tokens of the chat templates that come with the program: for models that are trained from scratch without a
 * vocabulary file. Same ids as {@link ByteTokenizer}. Stateless.
 */
public final class ByteLevelTokenizer implements Tokenizer {
    private static final Map<String, Integer> SPECIALS = Map.of(
            "<|begin|>", ByteTokenizer.BEGIN,
            "<|end|>", ByteTokenizer.END,
            "<|im_start|>", 258,
            "<|im_end|>", 259,
            "<image>", ByteTokenizer.IMAGE);
    /** Longest first, so that none hides another. */
    private static final List<String> TEXTS = SPECIALS.keySet().stream()
            .sorted(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()))
            .toList();

    @Override
    public int size() {
        return ByteTokenizer.VOCABULARY_SIZE;
    }

    @Override
    public int[] encode(String text) {
        List<int[]> pieces = new ArrayList<>();
        int from = 0;
        int at = 0;
        while (at < text.length()) {
            String found = specialAt(text, at);
            if (found.isEmpty()) {
                at++;
                continue;
            }
            pieces.add(ByteTokenizer.encode(text.substring(from, at)));
            pieces.add(new int[] {special(found).orElseThrow()});
            at += found.length();
            from = at;
        }
        pieces.add(ByteTokenizer.encode(text.substring(from)));
        return pieces.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private static String specialAt(String text, int at) {
        return TEXTS.stream()
                .filter(token -> text.startsWith(token, at))
                .findFirst()
                .orElse("");
    }

    @Override
    public String decode(int[] ids) {
        return ByteTokenizer.decode(ids);
    }

    @Override
    public OptionalInt special(String token) {
        Integer id = SPECIALS.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public List<String> specials() {
        return TEXTS;
    }

    @Override
    public String source() {
        return "byte-level tokenizer";
    }
}

package io.longreel.curriculum.text;

import io.longreel.config.RuntimeFailure;
import java.nio.charset.StandardCharsets;

/**
 * Text as its UTF-8 bytes: ids 0 to 255 are bytes, a few ids above them are special tokens. Needs no vocabulary file, and every text has
 * exactly one encoding. For models that are trained from scratch; their vocabulary must have at least {@link #VOCABULARY_SIZE} ids.
 */
public final class ByteTokenizer {
    /** First token of every document. */
    public static final int BEGIN = 256;

    /** Last token of an answer. */
    public static final int END = 257;

    /** Stands for one frame; expands to the frame's projected tokens. */
    public static final int IMAGE = 319;

    /** Ids from 0 that must exist in a model's embedding. */
    public static final int VOCABULARY_SIZE = 320;

    private static final int BYTES = 256;

    private ByteTokenizer() {}

    /** Ids of a text, without special tokens. */
    public static int[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = Byte.toUnsignedInt(bytes[i]);
        }
        return ids;
    }

    /** Text of ids; special tokens are left out. */
    public static String decode(int[] ids) {
        byte[] bytes = new byte[ids.length];
        int length = 0;
        for (int id : ids) {
            if (id >= 0 && id < BYTES) {
                bytes[length++] = (byte) id;
            }
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Refuses a model whose embedding lacks some of the ids. */
    public static void checkVocabulary(int vocabularySize) {
        if (vocabularySize < VOCABULARY_SIZE) {
            throw RuntimeFailure.config(
                    "vocabulary must have at least %d ids for byte-level text: vocabularySize=%d; raise longreel.model.llm.vocabulary-size"
                            .formatted(VOCABULARY_SIZE, vocabularySize));
        }
    }
}

package io.longreel.curriculum.text;

import java.util.List;
import java.util.OptionalInt;

/** Text to token ids and back. Immutable, or safe to use from any thread. */
public interface Tokenizer {
    /** Ids from 0 that exist: rows that an embedding must have. */
    int size();

    /** Ids of a text in which special tokens are recognised; nothing is put before or behind it. */
    int[] encode(String text);

    /** Text of ids; special tokens are left out. */
    String decode(int[] ids);

    /** Id of a special token by its text, such as {@code <|im_end|>}. */
    OptionalInt special(String token);

    /** Texts of all special tokens. */
    List<String> specials();

    /** Where it comes from, for messages. */
    String source();
}

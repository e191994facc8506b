package io.longreel.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The constants of enums as people write and read them: {@code BIT_FLIP} is {@code bit-flip}. Stateless. */
public final class Words {
    private Words() {}

    /** How a constant is written. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** All constants of a type by how they are written, in their order. */
    public static <E extends Enum<E>> Map<String, E> of(Class<E> type) {
        Map<String, E> byWord = new LinkedHashMap<>();
        for (E constant : type.getEnumConstants()) {
            byWord.put(of(constant), constant);
        }
        return Collections.unmodifiableMap(byWord);
    }
}

package io.longreel.curriculum.eval.task;

import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Texts with fields of a record in braces; {@code {a|b}} is the first of these that is there. What is filled in is not looked at again. Pure. */
final class Template {
    private static final Pattern SLOT = Pattern.compile("\\{([A-Za-z0-9_ .|-]+)}");

    private Template() {}

    /**
     * Fills a template.
     *
     * @param own values that go before the record's fields
     */
    static String fill(String template, Map<String, String> own, Row row, Function<String, Optional<String>> fields) {
        return SLOT.matcher(template).replaceAll(found -> {
            for (String name : found.group(1).split("\\|")) {
                Optional<String> value = Optional.ofNullable(own.get(name)).or(() -> fields.apply(name));
                if (value.isPresent()) {
                    return Matcher.quoteReplacement(value.get());
                }
            }
            throw row.damaged("field %s must be there, and is not".formatted(found.group(1)));
        });
    }

    /** Fills in values that are there; other braces stay. */
    static String fill(String template, Map<String, String> values) {
        return SLOT.matcher(template)
                .replaceAll(found -> Matcher.quoteReplacement(values.getOrDefault(found.group(1), found.group())));
    }
}

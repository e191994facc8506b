package io.longreel.curriculum.corpus;

import io.longreel.config.DatasetSettings;
import io.longreel.config.NearestKey;
import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The words of a mixture: {@code a + b*3 + c@subset}, where {@code +} joins, {@code *n} repeats and {@code @} takes a subset (specification
 * 6.1). Pure.
 */
final class MixtureText {
    private static final int REPEATS_MAX = 1_000_000;

    /** A dataset or a subset of one, and how often an epoch has it. */
    record Term(DatasetSettings spec, Optional<String> subset, int repeats) {
        /** As it is written, without repeats. */
        String name() {
            return subset.map(word -> spec.name() + "@" + word).orElse(spec.name());
        }
    }

    private final String text;
    private final Map<String, DatasetSettings> known;

    private MixtureText(String text, Map<String, DatasetSettings> known) {
        this.text = text;
        this.known = known;
    }

    /** Terms in order; what is named twice stands once and repeats as often as both. */
    static List<Term> parse(String text, Map<String, DatasetSettings> known) {
        MixtureText mixture = new MixtureText(text, known);
        List<Term> terms = new ArrayList<>();
        for (String part : text.split("\\+", -1)) {
            Term term = mixture.term(part.strip());
            int same = 0;
            while (same < terms.size() && !terms.get(same).name().equals(term.name())) {
                same++;
            }
            if (same == terms.size()) {
                terms.add(term);
            } else {
                int repeats = terms.get(same).repeats() + term.repeats();
                terms.set(same, new Term(term.spec(), term.subset(), repeats));
            }
        }
        return List.copyOf(terms);
    }

    private Term term(String part) {
        String rest = part;
        int repeats = 1;
        int star = rest.indexOf('*');
        if (star >= 0) {
            // b@long*3 and b*3@long both say what is meant.
            int end = rest.indexOf('@', star);
            String number = rest.substring(star + 1, end < 0 ? rest.length() : end);
            repeats = repeats(number.strip(), part);
            rest = rest.substring(0, star) + (end < 0 ? "" : rest.substring(end));
        }
        int at = rest.indexOf('@');
        String name = (at < 0 ? rest : rest.substring(0, at)).strip();
        if (name.isEmpty()) {
            throw wrong("there must be a dataset on each side of +, such as a+b*3+c@subset");
        }
        DatasetSettings spec = known.get(name);
        if (spec == null) {
            throw wrong(unknown("dataset", name, known.keySet()));
        }
        if (at < 0) {
            return new Term(spec, Optional.empty(), repeats);
        }
        String subset = rest.substring(at + 1).strip();
        if (!spec.subsets().containsKey(subset)) {
            throw wrong(unknown("subset of " + name, subset, spec.subsets().keySet()));
        }
        return new Term(spec, Optional.of(subset), repeats);
    }

    private int repeats(String number, String part) {
        try {
            int repeats = Integer.parseInt(number);
            if (repeats >= 1 && repeats <= REPEATS_MAX) {
                return repeats;
            }
        } catch (NumberFormatException e) {
            throw wrong(
                    "behind * must stand how often to repeat, 1 to %d, and there is %s".formatted(REPEATS_MAX, part),
                    e);
        }
        throw wrong("behind * must stand how often to repeat, 1 to %d, and there is %s".formatted(REPEATS_MAX, part));
    }

    /** {@code there is no dataset llvaa; did you mean llava?} */
    static String unknown(String what, String word, Collection<String> known) {
        String hint = NearestKey.to(word, known)
                .map("did you mean %s?"::formatted)
                .orElse(
                        known.isEmpty()
                                ? "none is defined"
                                : "known are " + known.stream().sorted().toList());
        return "there is no %s \"%s\"; %s".formatted(what, word, hint);
    }

    private RuntimeFailure wrong(String why) {
        return RuntimeFailure.config("mixture \"%s\": %s".formatted(text, why));
    }

    private RuntimeFailure wrong(String why, Throwable cause) {
        return new RuntimeFailure(RuntimeFailure.Category.CONFIG, "mixture \"%s\": %s".formatted(text, why), cause);
    }
}

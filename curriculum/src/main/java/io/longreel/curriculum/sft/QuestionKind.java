package io.longreel.curriculum.sft;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a question is about: the seven kinds of LongVILA-SFT. */
public enum QuestionKind {
    SPATIAL("Spatial"),
    ATTRIBUTE("Attribute"),
    ACTION("Action"),
    OBJECT("Object"),
    OCR("OCR"),
    SYNOPSIS("Synopsis"),
    TEMPORAL("Temporal");

    private final String word;

    QuestionKind(String word) {
        this.word = word;
    }

    /** As in prompts and data sets. */
    public String word() {
        return word;
    }

    /** The kind of that name, in whatever case. */
    public static Optional<QuestionKind> of(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word.equalsIgnoreCase(word.strip()))
                .findFirst();
    }

    /** All names, with commas between them. */
    public static String words() {
        return Arrays.stream(values()).map(QuestionKind::word).collect(Collectors.joining(", "));
    }
}

package io.longreel.curriculum.sft;

import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the models are told: texts with words in braces that are filled in. They come with the program, and each can be replaced by a file of
 * the same name. Immutable.
 */
public final class Prompts {
    private static final Pattern SLOT = Pattern.compile("\\{([a-z]+)}");

    /** A text, and the words that can stand in braces in it. */
    public enum Part {
        /** Goes with the frames of a clip. */
        CAPTION("caption.txt", "from to frames"),
        /** Goes with all captions of a video. */
        WRITE("write.txt", "captions kinds duration"),
        /** Answers what the writer did wrong. */
        COMPLAINT("complaint.txt", "complaints"),
        /** What the trained model is asked when the answer is the summary: one of these lines. */
        SUMMARY("summary-questions.txt", "");

        private final String file;
        /** With spaces between them. */
        private final String slots;

        Part(String file, String slots) {
            this.file = file;
            this.slots = slots;
        }

        /** Name of the file that holds it. */
        public String file() {
            return file;
        }
    }

    private final Map<Part, String> texts;

    private Prompts(Map<Part, String> texts) {
        this.texts = texts;
    }

    /** Those that come with the program. */
    public static Prompts builtIn() {
        Map<Part, String> texts = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            try (InputStream stream = Prompts.class.getResourceAsStream("/sft/" + part.file())) {
                if (stream == null) {
                    throw new IllegalStateException("prompts come with the program: missing=" + part.file());
                }
                texts.put(part, checked(part, new String(stream.readAllBytes(), StandardCharsets.UTF_8), part.file()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new Prompts(texts);
    }

    /** Those that come with the program, but for the files that {@code folder} has. */
    public static Prompts from(Path folder) {
        Map<Part, String> texts = new EnumMap<>(builtIn().texts);
        boolean any = false;
        for (Part part : Part.values()) {
            Path file = folder.resolve(part.file());
            if (!Files.exists(file)) {
                continue;
            }
            any = true;
            try {
                texts.put(part, checked(part, Files.readString(file), file.toString()));
            } catch (IOException e) {
                throw DiskFailures.unreadable("prompt must be a readable UTF-8 text", file, e);
            }
        }
        if (!any) {
            throw RuntimeFailure.config(
                    "a folder of prompts needs at least one of %s: folder=%s; --print-prompts writes them all"
                            .formatted(
                                    List.of(Part.values()).stream()
                                            .map(Part::file)
                                            .toList(),
                                    folder));
        }
        return new Prompts(texts);
    }

    /** Writes every text to a file in {@code folder}, replacing what is there. */
    public void writeTo(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw DiskFailures.unwritable(folder, e);
        }
        texts.forEach(
                (part, text) -> DurableFile.write(folder.resolve(part.file()), text.getBytes(StandardCharsets.UTF_8)));
    }

    /** A text with its words in braces filled in; braces in what is filled in stay. */
    String filled(Part part, Map<String, String> values) {
        return SLOT.matcher(text(part)).replaceAll(found -> {
            String value = values.get(found.group(1));
            if (value == null) {
                throw new IllegalStateException("every slot must be filled: slot=" + found.group());
            }
            return Matcher.quoteReplacement(value);
        });
    }

    String text(Part part) {
        String text = texts.get(part);
        if (text == null) {
            throw new IllegalStateException("every part has a text: part=" + part);
        }
        return text;
    }

    /** SHA-256 of a text, in hexadecimal. */
    String sha256(Part part) {
        return sha256(text(part));
    }

    static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String checked(Part part, String text, String file) {
        if (text.isBlank()) {
            throw RuntimeFailure.config("a prompt must not be empty: file=" + file);
        }
        if (part == Part.SUMMARY) {
            return text;
        }
        Matcher slots = SLOT.matcher(text);
        while (slots.find()) {
            if (!List.of(part.slots.split(" ")).contains(slots.group(1))) {
                throw RuntimeFailure.config(
                        "%s: {%s} is unknown; what can be filled in is %s".formatted(file, slots.group(1), part.slots));
            }
        }
        // What the model has to know; the rest is a matter of taste.
        String needed = part == Part.WRITE ? "captions" : part == Part.COMPLAINT ? "complaints" : "";
        if (!needed.isEmpty() && !text.contains("{" + needed + "}")) {
            throw RuntimeFailure.config("%s: {%s} must stand in it".formatted(file, needed));
        }
        return text;
    }
}

package io.longreel.curriculum.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A Hugging Face {@code tokenizer.json}, run by the library that made it, so that ids are those of Python. Special tokens are read from the file, and
 * from {@code tokenizer_config.json} and {@code added_tokens.json} beside it, never assumed (specification 1.5). Lives as long as the process; the
 * library's object is safe for all threads.
 */
public final class FileTokenizer implements Tokenizer {
    private static final String FILE = "tokenizer.json";
    private static final List<String> BESIDE = List.of(
            "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt");
    private static final Map<String, String> LIBRARY_SETTINGS = Map.of("ai.djl.offline", "true", "RUST_FLAVOR", "cpu");
    private static final String ADVICE =
            "give a tokenizer.json as Hugging Face writes it, or set longreel.data.prompt.tokenizer";

    private final Path file;
    private final HuggingFaceTokenizer library;
    private final Map<String, Integer> specials;
    private final List<String> specialTexts;
    private final int size;

    private FileTokenizer(Path file, HuggingFaceTokenizer library, Map<String, Integer> specials, int size) {
        this.file = file;
        this.library = library;
        this.specials = specials;
        this.specialTexts = specials.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()))
                .toList();
        this.size = size;
    }

    /** Whether a folder has a tokenizer. */
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(FILE));
    }

    /**
     * Opens a tokenizer.
     *
     * @param path the file, or a folder that has it
     */
    public static FileTokenizer open(Path path) {
        Path file = fileOf(path);
        JsonNode root = json(file);
        int size = size(root, file);
        requireKnown(file, root);
        return new FileTokenizer(file, library(file), specials(root), size);
    }

    /** Ids from 0 that a tokenizer has, without opening it. */
    static int sizeOf(Path path) {
        Path file = fileOf(path);
        return size(json(file), file);
    }

    /** Id of a special token of a tokenizer, without opening it. */
    static OptionalInt specialOf(Path path, String token) {
        Integer id = specials(json(fileOf(path))).get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** A tokenizer and what Hugging Face keeps beside it, by name. */
    static Map<String, byte[]> files(Path path) {
        Path file = fileOf(path);
        Map<String, byte[]> files = new LinkedHashMap<>();
        try {
            files.put(FILE, Files.readAllBytes(file));
            for (String beside : BESIDE) {
                if (Files.isRegularFile(file.resolveSibling(beside))) {
                    files.put(beside, Files.readAllBytes(file.resolveSibling(beside)));
                }
            }
        } catch (IOException e) {
            throw failure(file, "read", e);
        }
        return files;
    }

    private static Path fileOf(Path path) {
        return Files.isDirectory(path) ? path.resolve(FILE) : path;
    }

    private static Map<String, Integer> specials(JsonNode root) {
        Map<String, Integer> specials = new LinkedHashMap<>();
        for (JsonNode token : root.path("added_tokens")) {
            if (token.path("special").asBoolean()) {
                specials.put(token.path("content").asText(), token.path("id").asInt());
            }
        }
        return specials;
    }

    private static int size(JsonNode root, Path file) {
        int last = lastId(root.path("model").path("vocab"), file);
        for (JsonNode token : root.path("added_tokens")) {
            last = Math.max(last, token.path("id").asInt());
        }
        return last + 1;
    }

    private static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw failure(file, "read", e);
        }
    }

    /** The greatest id of a vocabulary: an object of ids by token (BPE, WordPiece), or a list (Unigram). */
    private static int lastId(JsonNode vocabulary, Path file) {
        if (vocabulary.isArray() && !vocabulary.isEmpty()) {
            return vocabulary.size() - 1;
        }
        int last = -1;
        for (Map.Entry<String, JsonNode> token : vocabulary.properties()) {
            last = Math.max(last, token.getValue().asInt(-1));
        }
        if (last < 0) {
            throw RuntimeFailure.data("tokenizer %s has no vocabulary at model.vocab; %s".formatted(file, ADVICE));
        }
        return last;
    }

    /** Tokens that files beside it add to it: transformers would add them on loading, this library does not. */
    private static void requireKnown(Path file, JsonNode root) {
        Path configuration = file.resolveSibling("tokenizer_config.json");
        if (!Files.isRegularFile(configuration)) {
            return;
        }
        for (Map.Entry<String, JsonNode> added :
                json(configuration).path("added_tokens_decoder").properties()) {
            String content = added.getValue().path("content").asText();
            boolean isThere = false;
            for (JsonNode token : root.path("added_tokens")) {
                isThere |= token.path("content").asText().equals(content)
                        && Integer.toString(token.path("id").asInt()).equals(added.getKey());
            }
            if (!isThere) {
                throw RuntimeFailure.data(
                        "tokenizer %s lacks a token that %s has: token=%s id=%s; save both again with transformers (save_pretrained)"
                                .formatted(file, configuration.getFileName(), content, added.getKey()));
            }
        }
    }

    private static HuggingFaceTokenizer library(Path file) {
        // It must not look for its native part in the network, nor for a GPU.
        LIBRARY_SETTINGS.forEach((key, value) -> System.setProperty(key, System.getProperty(key, value)));
        try {
            return HuggingFaceTokenizer.builder()
                    .optTokenizerPath(file)
                    .optAddSpecialTokens(false)
                    .optTruncation(false)
                    .optPadding(false)
                    .build();
        } catch (IOException | RuntimeException | LinkageError e) {
            throw failure(file, "used", e);
        }
    }

    private static RuntimeFailure failure(Path file, String what, Throwable cause) {
        String why = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA,
                "tokenizer %s cannot be %s (%s); %s".formatted(file, what, why, ADVICE),
                cause);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int[] encode(String text) {
        return Arrays.stream(library.encode(text, false, false).getIds())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    @Override
    public String decode(int[] ids) {
        return library.decode(Arrays.stream(ids).asLongStream().toArray(), true);
    }

    @Override
    public OptionalInt special(String token) {
        Integer id = specials.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public List<String> specials() {
        return specialTexts;
    }

    @Override
    public String source() {
        return file.toString();
    }
}

package io.longreel.curriculum.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A {@code tokenizer.json} like Qwen2's, but small: byte-level BPE with Qwen2's splitting rule, 256 letters, a few merges and its special tokens. What
 * Hugging Face's library makes of it is computed by that library itself.
 */
public final class TestTokenizer {
    private static final String SPLIT =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final List<String[]> MERGES = List.of(
            new String[] {"\u010a", "\u010a"}, // two line breaks
            new String[] {"t", "h"},
            new String[] {"th", "e"},
            new String[] {"\u0120", "the"},
            new String[] {"\u0120", "a"},
            new String[] {"a", "n"},
            new String[] {"i", "n"});

    private TestTokenizer() {}

    /** Writes it into a folder, with these special tokens behind the vocabulary, in order. */
    public static Path write(Path folder, List<String> specials) {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = json.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation").putNull("padding").putNull("normalizer").putNull("post_processor");
        ObjectNode pre = root.putObject("pre_tokenizer").put("type", "Sequence");
        ArrayNode steps = pre.putArray("pretokenizers");
        steps.addObject()
                .put("type", "Split")
                .put("behavior", "Isolated")
                .put("invert", false)
                .putObject("pattern")
                .put("Regex", SPLIT);
        byteLevel(steps.addObject());
        byteLevel(root.putObject("decoder"));
        ObjectNode model = root.putObject("model").put("type", "BPE");
        model.putNull("dropout").putNull("unk_token");
        model.put("continuing_subword_prefix", "").put("end_of_word_suffix", "");
        model.put("fuse_unk", false).put("byte_fallback", false);
        ObjectNode vocabulary = model.putObject("vocab");
        int id = 0;
        for (int value = 0; value < 256; value++) {
            vocabulary.put(letter(value), id++);
        }
        ArrayNode merges = model.putArray("merges");
        for (String[] merge : MERGES) {
            vocabulary.put(merge[0] + merge[1], id++);
            merges.add(merge[0] + " " + merge[1]);
        }
        ArrayNode added = root.putArray("added_tokens");
        for (String special : specials) {
            added.addObject()
                    .put("id", id++)
                    .put("content", special)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        try {
            Files.createDirectories(folder);
            Path file = folder.resolve("tokenizer.json");
            Files.write(file, json.writeValueAsBytes(root));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void byteLevel(ObjectNode node) {
        node.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
    }

    /** The letter that byte-level BPE writes for a byte: itself where it prints, else one from U+0100 on. */
    private static String letter(int value) {
        int hidden = 0;
        for (int b = 0; b < 256; b++) {
            boolean prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE);
            if (b == value) {
                return Character.toString(prints ? b : 256 + hidden);
            }
            hidden += prints ? 0 : 1;
        }
        throw new IllegalArgumentException("no byte: " + value);
    }
}

package io.longreel.curriculum.corpus;

import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the configuration says about one dataset. Immutable; nothing is opened or looked for.
 *
 * @param name its word in mixtures: no blanks, no {@code + * @}
 * @param files in order; their endings say how they are read
 * @param media the folder that paths of media start from; without one, the folder of the file that names them
 * @param column field or column that holds the text or the tokens; blank for the format's usual one
 * @param subsets by the word that follows {@code @} in mixtures
 */
public record DatasetSpec(
        String name,
        Format format,
        List<Path> files,
        Optional<Path> media,
        String column,
        Map<String, Subset> subsets) {
    private static final Pattern NAME = Pattern.compile("[^\\s+*@]+");

    /** How records lie in the files. */
    public enum Format {
        /** Conversations: {@code .json} (one array) or {@code .jsonl}. */
        LLAVA,
        /** Documents: {@code .txt} (one each), {@code .jsonl}, {@code .parquet}, {@code .arrow}. */
        TEXT,
        /** Rows of token ids: {@code .jsonl}, {@code .parquet}, {@code .arrow}. */
        TOKENS,
        /** Conversations, captions or texts in {@code .tar} shards. */
        WEBDATASET;

        String usualColumn() {
            return this == TOKENS ? "input_ids" : "text";
        }
    }

    /**
     * Some of the records.
     *
     * @param file indices of records, counted from 0 over all files: a JSON array, or one on each line
     * @param drop whether these are left out instead of being the only ones
     */
    public record Subset(Path file, boolean drop) {}

    public DatasetSpec {
        if (!NAME.matcher(name).matches()) {
            throw RuntimeFailure.config(
                    "the name of a dataset must have no blanks and none of + * @, as mixtures are written with it: name=\"%s\""
                            .formatted(name));
        }
        if (files.isEmpty()) {
            throw RuntimeFailure.config("dataset %s must have a file; name it under files".formatted(name));
        }
        files = List.copyOf(files);
        column = column.isBlank() ? format.usualColumn() : column;
        subsets = Map.copyOf(subsets);
    }
}

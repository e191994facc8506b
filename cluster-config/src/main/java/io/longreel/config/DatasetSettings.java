package io.longreel.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A dataset that the user brings (specification 6.1), by the name under which mixtures ask for it.
 *
 * @param files in the order in which their records count
 * @param media folder that media paths start from; empty = the folder of the file that names them
 * @param column field or column that holds the text or the token ids; blank = the format's usual one
 * @param subsets parts of it by name, for {@code name@subset}
 */
public record DatasetSettings(
        String name,
        Format format,
        List<Path> files,
        Optional<Path> media,
        String column,
        Map<String, Subset> subsets) {

    public DatasetSettings {
        files = List.copyOf(files);
        subsets = new TreeMap<>(subsets);
    }

    /** What the files are. */
    public enum Format {
        /** Conversations about images and videos: {@code .json} (one list) or {@code .jsonl}. */
        LLAVA,
        /** Documents: {@code .txt}, {@code .jsonl}, Parquet or Arrow. */
        TEXT,
        /** Token ids: {@code .jsonl}, Parquet or Arrow. */
        TOKENS,
        /** Tar archives whose members belong together by name. */
        WEBDATASET
    }

    /**
     * Some records of a dataset.
     *
     * @param file indices from 0: a JSON list, or one per line
     * @param drop whether these are left out instead of taken
     */
    public record Subset(Path file, boolean drop) {}
}

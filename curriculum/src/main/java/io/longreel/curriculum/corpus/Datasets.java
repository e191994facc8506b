package io.longreel.curriculum.corpus;

import dev.hardwood.HardwoodContext;
import io.longreel.config.DatasetSettings;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.RuntimeFailure;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Opens datasets: one pass over the files, whose records stay where they are. */
public final class Datasets {
    private Datasets() {}

    /**
     * Finds every record of the files. Whether each of them is sound turns out when it is read.
     *
     * @throws RuntimeFailure if a file is missing, or is not what its ending says
     */
    public static Dataset open(DatasetSettings spec) {
        if (spec.files().isEmpty()) {
            throw RuntimeFailure.config("dataset %s must have a file; name it under files".formatted(spec.name()));
        }
        Opening opening = new Opening(spec);
        try {
            return new ShardedDataset(
                    spec.name(), spec.files().stream().map(opening::shard).toList(), opening::close);
        } catch (RuntimeException e) {
            opening.close();
            throw e;
        }
    }

    /** What the shards of one dataset share. */
    private static final class Opening {
        private final DatasetSettings spec;
        private final DecodedWindows windows = new DecodedWindows();
        private @Nullable HardwoodContext decoders;

        Opening(DatasetSettings spec) {
            this.spec = spec;
        }

        Shard shard(Path file) {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            String ending = name.substring(name.lastIndexOf('.') + 1);
            return switch (spec.format()) {
                case LLAVA ->
                    switch (ending) {
                        case "json" -> JsonShard.ofArray(file, conversations(file));
                        case "jsonl" -> JsonShard.ofLines(file, conversations(file));
                        default -> throw wrongEnding(file, ".json or .jsonl");
                    };
                case TEXT ->
                    switch (ending) {
                        case "txt" -> TextFileShard.of(file);
                        case "jsonl" -> JsonColumn.texts(file, column());
                        case "parquet", "arrow" -> columns(file, ending);
                        default -> throw wrongEnding(file, ".txt, .jsonl, .parquet or .arrow");
                    };
                case TOKENS ->
                    switch (ending) {
                        case "jsonl" -> JsonColumn.tokens(file, column());
                        case "parquet", "arrow" -> columns(file, ending);
                        default -> throw wrongEnding(file, ".jsonl, .parquet or .arrow");
                    };
                case WEBDATASET -> {
                    // A compressed tar is told by its bytes, and refused with what undoes it.
                    if (!name.contains(".tar") && !ending.equals("tgz")) {
                        throw wrongEnding(file, ".tar");
                    }
                    yield TarShard.of(file);
                }
            };
        }

        private String column() {
            String usual = spec.format() == Format.TOKENS ? "input_ids" : "text";
            return spec.column().isBlank() ? usual : spec.column();
        }

        private JsonShard.Maker conversations(Path file) {
            Path beside = file.toAbsolutePath().getParent();
            ConversationReader reader =
                    new ConversationReader(new MediaFolder(spec.media().orElse(beside == null ? file : beside)));
            return reader::read;
        }

        private Shard columns(Path file, String ending) {
            if (ending.equals("arrow")) {
                return ArrowShard.of(file, column(), spec.format());
            }
            if (decoders == null) {
                // One thread besides the caller's: ranks share the cores, and a window is small.
                decoders = HardwoodContext.create(1);
            }
            return ParquetShard.of(file, column(), spec.format(), decoders, windows);
        }

        private RuntimeFailure wrongEnding(Path file, String endings) {
            return RuntimeFailure.config(
                    "dataset %s: a file of the format %s must end in %s, and there is %s; correct the format or the files"
                            .formatted(spec.name(), spec.format().name().toLowerCase(Locale.ROOT), endings, file));
        }

        void close() {
            if (decoders != null) {
                decoders.close();
            }
        }
    }
}

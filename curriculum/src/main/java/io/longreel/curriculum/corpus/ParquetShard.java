package io.longreel.curriculum.corpus;

import dev.hardwood.HardwoodContext;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.FileMetaData;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of a Parquet file. Rows can not be reached one by one: a window of them, about a MiB, is decoded and kept for a while with those that
 * were used last. Pages in front of a window are skipped where the file has an index of its pages, and decoded where it has none, so that
 * reading in random order is fastest from files with small row groups.
 */
final class ParquetShard implements Shard {
    private static final long WINDOW_BYTES = 1 << 20;
    private static final int WINDOW_ROWS_MAX = 4096;

    private final FileBytes file;
    private final String column;
    private final Format format;
    private final int rows;
    private final int windowRows;
    private final HardwoodContext decoders;
    private final DecodedWindows windows;

    private ParquetShard(
            FileBytes file,
            String column,
            Format format,
            int rows,
            int windowRows,
            HardwoodContext decoders,
            DecodedWindows windows) {
        this.file = file;
        this.column = column;
        this.format = format;
        this.rows = rows;
        this.windowRows = windowRows;
        this.decoders = decoders;
        this.windows = windows;
    }

    /** The decoders stay the caller's, who closes them behind the last read. */
    static ParquetShard of(Path path, String column, Format format, HardwoodContext decoders, DecodedWindows windows) {
        FileBytes file = FileBytes.of(path);
        return withReader(file, decoders, reader -> {
            List<String> names = new ArrayList<>();
            for (SchemaNode node : reader.getFileSchema().getRootNode().children()) {
                names.add(node.name());
                if (node.name().equals(column) && !holds(node, format)) {
                    throw Columns.wrongType(column, format, describe(node), path);
                }
            }
            if (!names.contains(column)) {
                throw Columns.missing(column, names, path);
            }
            FileMetaData metadata = reader.getFileMetaData();
            int rows = Math.toIntExact(metadata.numRows());
            return new ParquetShard(file, column, format, rows, windowRows(metadata, column), decoders, windows);
        });
    }

    /** Rows that have about {@link #WINDOW_BYTES} in this column. */
    private static int windowRows(FileMetaData metadata, String column) {
        long bytes = 0;
        for (RowGroup group : metadata.rowGroups()) {
            bytes += group.columns().stream()
                    .filter(chunk -> chunk.metaData()
                            .pathInSchema()
                            .elements()
                            .getFirst()
                            .equals(column))
                    .mapToLong(chunk -> chunk.metaData().totalUncompressedSize())
                    .sum();
        }
        long rowBytes = Math.max(1, bytes / Math.max(1, metadata.numRows()));
        return Math.clamp(WINDOW_BYTES / rowBytes, 1, WINDOW_ROWS_MAX);
    }

    private static boolean holds(SchemaNode node, Format format) {
        return switch (node) {
            case SchemaNode.PrimitiveNode primitive ->
                format == Format.TEXT
                        && primitive.type() == PhysicalType.BYTE_ARRAY
                        && primitive.maxRepetitionLevel() == 0;
            case SchemaNode.GroupNode group ->
                format == Format.TOKENS
                        && group.isList()
                        && group.getListElement() instanceof SchemaNode.PrimitiveNode element
                        && (element.type() == PhysicalType.INT32 || element.type() == PhysicalType.INT64);
        };
    }

    private static String describe(SchemaNode node) {
        return switch (node) {
            case SchemaNode.PrimitiveNode primitive -> primitive.type().toString();
            case SchemaNode.GroupNode group ->
                group.isList()
                        ? "lists of " + describe(group.getListElement())
                        : "groups of " + group.children().size() + " fields";
        };
    }

    @Override
    public int size() {
        return rows;
    }

    @Override
    public DataRecord read(int index) {
        int window = index / windowRows;
        return windows.get(this, window, () -> decode(window))
                .get(index - window * windowRows)
                .orThrow();
    }

    private List<DecodedWindows.Row> decode(int window) {
        int from = window * windowRows;
        int count = Math.min(windowRows, rows - from);
        return withReader(file, decoders, reader -> {
            List<DecodedWindows.Row> decoded = new ArrayList<>(count);
            try (RowReader row = reader.buildRowReader()
                    .projection(ColumnProjection.columns(column))
                    .skip(from)
                    .head(count)
                    .build()) {
                while (row.hasNext()) {
                    row.next();
                    decoded.add(decodeRow(row, from + decoded.size()));
                }
            }
            if (decoded.size() != count) {
                throw Place.broken(
                        file.file(),
                        "must have %d rows, and ends behind row %d; write it again"
                                .formatted(rows, from + decoded.size()));
            }
            return decoded;
        });
    }

    private DecodedWindows.Row decodeRow(RowReader row, int index) {
        Place place = new Place(file.file(), () -> "row %d".formatted(index));
        try {
            if (row.isNull(column)) {
                throw Columns.noValue(column, place);
            }
            String id = "%s#%d".formatted(file.file().getFileName(), index);
            return DecodedWindows.Row.of(
                    format == Format.TEXT
                            ? new DataRecord.Text(id, FileBytes.decode(row.getBinary(column), place))
                            : new DataRecord.Tokens(id, ids(row.getList(column), place)));
        } catch (DamagedRecord e) {
            return DecodedWindows.Row.damaged(e);
        }
    }

    private int[] ids(PqList list, Place place) {
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            if (list.isNull(i)) {
                throw place.field("%s[%d]".formatted(column, i), TokenIds.EXPECTED + ", and is null");
            }
            ids[i] = TokenIds.require(((Number) list.get(i)).longValue(), column, i, place);
        }
        return ids;
    }

    /** Something that reads from the open file. */
    @FunctionalInterface
    private interface Reading<T> {
        T apply(ParquetFileReader reader) throws IOException;
    }

    private static <T> T withReader(FileBytes file, HardwoodContext decoders, Reading<T> reading) {
        try (ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file.file()), decoders)) {
            return reading.apply(reader);
        } catch (RuntimeFailure e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            if (e.getCause() instanceof Error error) {
                // Such as no memory on the decoder's thread: that is not the file's fault.
                throw error;
            }
            // Damaged bytes come out of the decoder as whatever they made it do.
            throw Place.broken(
                    file.file(),
                    "must be a Parquet file that can be decoded, and is not: %s; write it again"
                            .formatted(Place.reason(e)),
                    e);
        }
    }
}

package io.longreel.curriculum.corpus;

import io.longreel.config.DatasetSettings.Format;
import io.longreel.curriculum.corpus.ArrowBatches.Batch;
import io.longreel.curriculum.corpus.ArrowBatches.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Rows of an Arrow IPC stream or file. A row is read by its own bytes: two offsets, then its values. Arrow's own reader loads a whole record
 * batch, which with 1,000 rows of 128 Ki tokens is half a GiB for one row, and needs java.nio opened to it on every command line; of Arrow
 * only the generated accessors of the metadata are used here.
 */
final class ArrowShard implements Shard {
    private final FileBytes file;
    private final ArrowBatches rows;

    private ArrowShard(FileBytes file, ArrowBatches rows) {
        this.file = file;
        this.rows = rows;
    }

    static ArrowShard of(Path path, String column, Format format) {
        FileBytes file = FileBytes.of(path);
        return new ArrowShard(file, ArrowBatches.of(file, column, format));
    }

    @Override
    public int size() {
        return rows.starts()[rows.batches().size()];
    }

    @Override
    public DataRecord read(int index) {
        String id = "%s#%d".formatted(file.file().getFileName(), index);
        Place place = new Place(file.file(), () -> "row %d".formatted(index));
        int number = rows.batch(index);
        Batch batch = rows.batches().get(number);
        int row = index - rows.starts()[number];
        ArrowColumn column = rows.column();
        byte[] values = file.open(reader -> values(reader, batch, row, place));
        return column.kind().isText()
                ? new DataRecord.Text(id, FileBytes.decode(values, place))
                : new DataRecord.Tokens(id, ids(ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN), place));
    }

    private byte[] values(FileBytes.Reader reader, Batch batch, int row, Place place) throws IOException {
        ArrowColumn column = rows.column();
        if (batch.nulls() > 0 && !allSet(reader, batch.validity(), row, row + 1L)) {
            throw Columns.noValue(column.name(), place);
        }
        long from = (long) row * column.listSize();
        long to = from + column.listSize();
        int offsetBytes = column.kind().offsetBytes();
        if (offsetBytes > 0) {
            ByteBuffer offsets = reader.numbers(batch.offsets().offset() + (long) row * offsetBytes, 2 * offsetBytes);
            from = offsetBytes == Integer.BYTES ? offsets.getInt() : offsets.getLong();
            to = offsetBytes == Integer.BYTES ? offsets.getInt() : offsets.getLong();
        }
        Range range = batch.values();
        int width = column.elementBytes();
        if (from < 0 || to < from || to > range.length() / width || (to - from) * width > Integer.MAX_VALUE - 16) {
            throw place.damaged(
                    "column %s must lie inside its buffer: from=%d to=%d bufferBytes=%d; write the file again"
                            .formatted(column.name(), from, to, range.length()));
        }
        if (batch.elementNulls() > 0 && !allSet(reader, batch.elementValidity(), from, to)) {
            throw place.field(column.name(), "a list without null");
        }
        return reader.read(range.offset() + from * width, (int) ((to - from) * width));
    }

    /** Whether these bits of a validity buffer say that there is a value. */
    private static boolean allSet(FileBytes.Reader reader, Range bits, long from, long to) throws IOException {
        long first = from / Byte.SIZE;
        byte[] bytes = reader.read(bits.offset() + first, (int) ((to + Byte.SIZE - 1) / Byte.SIZE - first));
        for (long i = from; i < to; i++) {
            if ((bytes[(int) (i / Byte.SIZE - first)] >> (i % Byte.SIZE) & 1) == 0) {
                return false;
            }
        }
        return true;
    }

    private int[] ids(ByteBuffer values, Place place) {
        ArrowColumn column = rows.column();
        int[] ids = new int[values.remaining() / column.elementBytes()];
        for (int i = 0; i < ids.length; i++) {
            long id = switch (column.elementBytes()) {
                case Byte.BYTES -> column.signed() ? values.get() : Byte.toUnsignedLong(values.get());
                case Short.BYTES -> column.signed() ? values.getShort() : Short.toUnsignedLong(values.getShort());
                case Integer.BYTES -> column.signed() ? values.getInt() : Integer.toUnsignedLong(values.getInt());
                default -> values.getLong();
            };
            ids[i] = TokenIds.require(id, column.name(), i, place);
        }
        return ids;
    }
}

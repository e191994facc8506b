package io.longreel.curriculum.corpus;

import com.google.flatbuffers.Table;
import io.longreel.config.DatasetSettings.Format;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.flatbuf.Block;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.Footer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of one column lie in an Arrow file, found by its metadata alone: the messages of an IPC stream (what Hugging Face datasets
 * writes) or the footer of an IPC file. Immutable.
 *
 * @param starts the row that each batch begins with, and behind the last one the number of rows
 */
record ArrowBatches(ArrowColumn column, List<Batch> batches, int[] starts) {
    private static final byte[] MAGIC = "ARROW1".getBytes(StandardCharsets.US_ASCII);
    private static final int CONTINUATION = -1;
    private static final int METADATA_BYTES_MAX = 1 << 28;

    /**
     * One record batch; positions are those of the file.
     *
     * @param nulls rows of the column without a value
     * @param elementNulls elements of its lists without one
     */
    record Batch(
            int rows,
            long nulls,
            long elementNulls,
            Range validity,
            Range offsets,
            Range elementValidity,
            Range values) {}

    /** Bytes of the file. */
    record Range(long offset, long length) {}

    static ArrowBatches of(FileBytes file, String column, Format format) {
        try {
            return file.open(reader -> {
                Indexing indexing = new Indexing(file, column, format);
                if (file.size() >= MAGIC.length && Arrays.equals(reader.read(0, MAGIC.length), MAGIC)) {
                    indexing.readFooter(reader);
                } else {
                    indexing.readStream(reader);
                }
                return indexing.result();
            });
        } catch (IndexOutOfBoundsException | NullPointerException | IllegalArgumentException | ArithmeticException e) {
            // What the generated accessors of the metadata throw at bytes that are none.
            throw Place.broken(file.file(), "must be an Arrow file, and its metadata is damaged; write it again", e);
        }
    }

    /** The batch of a row. */
    int batch(int row) {
        int found = Arrays.binarySearch(starts, row);
        if (found < 0) {
            return -found - 2;
        }
        // Batches may be empty: the last one that begins here has the row.
        while (starts[found + 1] == row) {
            found++;
        }
        return found;
    }

    private static final class Indexing {
        private final FileBytes file;
        private final String name;
        private final Format format;
        private final List<Batch> batches = new ArrayList<>();
        private final List<Integer> starts = new ArrayList<>(List.of(0));
        private @Nullable ArrowColumn column;

        Indexing(FileBytes file, String name, Format format) {
            this.file = file;
            this.name = name;
            this.format = format;
        }

        ArrowBatches result() {
            if (column == null) {
                throw notArrow("has no schema");
            }
            return new ArrowBatches(
                    column,
                    List.copyOf(batches),
                    starts.stream().mapToInt(Integer::intValue).toArray());
        }

        void readFooter(FileBytes.Reader reader) throws IOException {
            int tailBytes = Integer.BYTES + MAGIC.length;
            if (file.size() < 2L * tailBytes) {
                throw notArrow("ends early");
            }
            ByteBuffer tail = reader.numbers(file.size() - tailBytes, tailBytes);
            int footerBytes = tail.getInt();
            byte[] end = new byte[MAGIC.length];
            tail.get(end);
            if (!Arrays.equals(end, MAGIC) || footerBytes <= 0 || footerBytes > file.size() - 2L * tailBytes) {
                throw notArrow("ends without a footer, as if its writer had not come to the end");
            }
            Footer footer = Footer.getRootAsFooter(reader.numbers(file.size() - tailBytes - footerBytes, footerBytes));
            column = find(footer.schema());
            for (int i = 0; i < footer.recordBatchesLength(); i++) {
                Block block = footer.recordBatches(i);
                Message message = message(reader, block.offset());
                if (message == null || message.headerType() != MessageHeader.RecordBatch) {
                    throw notArrow("names a record batch at byte %d, where none is".formatted(block.offset()));
                }
                addBatch(message, block.offset() + block.metaDataLength());
            }
        }

        void readStream(FileBytes.Reader reader) throws IOException {
            long position = 0;
            while (position < file.size()) {
                Message message = message(reader, position);
                if (message == null) {
                    return;
                }
                // The buffer starts at the metadata; what lies in front of it is the length, with or without a mark.
                long body = position
                        + prefixBytes(reader, position)
                        + message.getByteBuffer().capacity();
                switch (message.headerType()) {
                    case MessageHeader.Schema -> column = find((Schema) header(message, new Schema()));
                    case MessageHeader.RecordBatch -> addBatch(message, body);
                    default -> {} // dictionaries belong to other columns
                }
                position = body + message.bodyLength();
                if (position > file.size()) {
                    throw notArrow("ends in the middle of record batch %d".formatted(batches.size() - 1));
                }
            }
        }

        /** Null at the end of the stream. */
        private @Nullable Message message(FileBytes.Reader reader, long position) throws IOException {
            int prefixBytes = prefixBytes(reader, position);
            int length = reader.numbers(position + prefixBytes - Integer.BYTES, Integer.BYTES)
                    .getInt();
            if (length == 0) {
                return null;
            }
            if (length < 0 || length > METADATA_BYTES_MAX || length > file.size() - position) {
                throw notArrow("has no message at byte %d".formatted(position));
            }
            return Message.getRootAsMessage(reader.numbers(position + prefixBytes, length));
        }

        /** Writers before 0.15 had no mark in front of the length. */
        private static int prefixBytes(FileBytes.Reader reader, long position) throws IOException {
            boolean marked = reader.numbers(position, Integer.BYTES).getInt() == CONTINUATION;
            return marked ? 2 * Integer.BYTES : Integer.BYTES;
        }

        private ArrowColumn find(@Nullable Schema schema) {
            if (schema == null) {
                throw notArrow("has no schema");
            }
            return ArrowColumn.find(schema, name, format, file.file());
        }

        private void addBatch(Message message, long body) {
            ArrowColumn found = column;
            if (found == null) {
                throw notArrow("has rows in front of its schema");
            }
            RecordBatch batch = (RecordBatch) header(message, new RecordBatch());
            if (batch.compression() != null) {
                throw Place.broken(
                        file.file(),
                        "its record batches must not be compressed, as rows are read one by one; write it without compression");
            }
            if (batch.length() < 0) {
                throw notArrow("has a record batch of %d rows".formatted(batch.length()));
            }
            boolean list = !found.kind().isText();
            batches.add(new Batch(
                    Math.toIntExact(batch.length()),
                    batch.nodes(found.node()).nullCount(),
                    list ? batch.nodes(found.node() + 1).nullCount() : 0,
                    range(batch.buffers(found.buffer()), body),
                    range(batch.buffers(found.buffer() + 1), body),
                    range(batch.buffers(found.valuesBuffer() - 1), body),
                    range(batch.buffers(found.valuesBuffer()), body)));
            starts.add(Math.addExact(starts.getLast(), Math.toIntExact(batch.length())));
        }

        private Range range(Buffer buffer, long body) {
            Range range = new Range(body + buffer.offset(), buffer.length());
            if (range.offset() < 0 || range.length() < 0 || range.length() > file.size() - range.offset()) {
                throw notArrow("has a buffer that lies outside of it at byte %d".formatted(range.offset()));
            }
            return range;
        }

        private static Table header(Message message, Table into) {
            return message.header(into);
        }

        private RuntimeFailure notArrow(String why) {
            return Place.broken(
                    file.file(), "must be an Arrow IPC stream or file, and %s; write it again".formatted(why));
        }
    }
}

package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Finds the byte ranges of the records of a JSON file in one pass and with one buffer. Lines are told by their ends only; the elements of an
 * array by a streaming parser, which keeps none of their values.
 */
final class JsonRanges {
    /** Texts may be whole books: the length of a record is the only bound on a string. */
    static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int RECORD_BYTES_MAX = Integer.MAX_VALUE - 16;
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private JsonRanges() {}

    /** Every line that is not blank is a record. */
    static RecordRanges ofLines(FileBytes file) {
        RecordRanges ranges = new RecordRanges();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (BufferedInputStream in = new BufferedInputStream(file.stream())) {
            long position = skipByteOrderMark(in);
            long first = -1;
            long last = -1;
            int count;
            while ((count = in.read(buffer)) > 0) {
                for (int i = 0; i < count; i++) {
                    byte value = buffer[i];
                    if (value == '\n') {
                        addLine(ranges, file, first, last);
                        first = -1;
                    } else if (value != ' ' && value != '\t' && value != '\r') {
                        if (first < 0) {
                            first = position + i;
                            requireNoArray(value, ranges, file);
                        }
                        last = position + i;
                    }
                }
                position += count;
            }
            addLine(ranges, file, first, last);
        } catch (IOException e) {
            throw FileBytes.unreadable(file.file(), e);
        }
        return ranges.trimmed();
    }

    private static void requireNoArray(byte first, RecordRanges ranges, FileBytes file) {
        if (first == '[' && ranges.count() == 0) {
            throw Place.broken(
                    file.file(),
                    "must have one JSON object {...} on each line, and begins with an array; name a file that is one array .json");
        }
    }

    /** {@code first < 0} is a blank line. */
    private static void addLine(RecordRanges ranges, FileBytes file, long first, long last) {
        if (first >= 0) {
            ranges.add(first, length(file, first, last + 1));
        }
    }

    /** Every element of the one array is a record. */
    static RecordRanges ofArray(FileBytes file) {
        RecordRanges ranges = new RecordRanges();
        try (InputStream in = file.stream();
                JsonParser parser = FACTORY.createParser(in)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw Place.broken(
                        file.file(),
                        "must be one JSON array of records [{...}, ...]; name a file with one record on each line .jsonl");
            }
            for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
                long from = parser.currentTokenLocation().getByteOffset();
                if (from < 0) {
                    throw Place.broken(file.file(), "must be UTF-8, and is UTF-16 or UTF-32; convert it (iconv)");
                }
                parser.skipChildren();
                // Objects end where the parser stands; of anything else the first byte will do to say what is wrong.
                long to = token == JsonToken.START_OBJECT
                        ? parser.currentLocation().getByteOffset()
                        : from + 1;
                ranges.add(from, length(file, from, to));
            }
            if (parser.nextToken() != null) {
                throw Place.broken(
                        file.file(),
                        "line %d: must end behind its array, and does not; name a file with one record on each line .jsonl"
                                .formatted(parser.currentTokenLocation().getLineNr()));
            }
        } catch (JsonProcessingException e) {
            throw Place.broken(
                    file.file(),
                    "line %d: malformed JSON behind record %d, %s; correct the file"
                            .formatted(e.getLocation().getLineNr(), ranges.count() - 1, reason(e)),
                    e);
        } catch (IOException e) {
            throw FileBytes.unreadable(file.file(), e);
        }
        return ranges.trimmed();
    }

    /** {@code column 9: Unexpected character ...}: what the parser says, without the location that it adds on a second line. */
    static String reason(JsonProcessingException e) {
        String why = e.getOriginalMessage().lines().findFirst().orElse("");
        return e.getLocation() == null
                ? why
                : "column %d: %s".formatted(e.getLocation().getColumnNr(), why);
    }

    private static int length(FileBytes file, long from, long to) {
        if (to - from > RECORD_BYTES_MAX) {
            throw Place.broken(
                    file.file(),
                    "line %d: a record must be shorter than 2 GiB, and has %d bytes; split it"
                            .formatted(file.line(from), to - from));
        }
        return (int) (to - from);
    }

    /** Bytes skipped. */
    private static int skipByteOrderMark(BufferedInputStream in) throws IOException {
        in.mark(BYTE_ORDER_MARK.length);
        if (Arrays.equals(in.readNBytes(BYTE_ORDER_MARK.length), BYTE_ORDER_MARK)) {
            return BYTE_ORDER_MARK.length;
        }
        in.reset();
        return 0;
    }
}

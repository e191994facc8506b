package io.longreel.curriculum.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/**
 * JSON records of one file: one array ({@code .json}) or one record on each line ({@code .jsonl}). Opening reads the file once, in small
 * pieces, for the byte range of every record; a record is parsed when it is asked for. A line that is no JSON is that record's fault alone,
 * whereas an array that breaks off has no records behind the break and is refused as a whole.
 */
final class JsonShard implements Shard {
    private static final JsonMapper JSON = JsonMapper.builder(JsonRanges.FACTORY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** Makes a record of its JSON object. */
    @FunctionalInterface
    interface Maker {
        DataRecord make(ObjectNode json, String id, Place place);
    }

    /** A record is held in memory several times over while it is read. */
    private static final int RECORD_BYTES_MAX = 32 << 20;

    private final FileBytes file;
    private final RecordRanges ranges;
    private final boolean lines;
    private final Maker maker;

    private JsonShard(FileBytes file, RecordRanges ranges, boolean lines, Maker maker) {
        this.file = file;
        this.ranges = ranges;
        this.lines = lines;
        this.maker = maker;
    }

    static JsonShard ofLines(Path path, Maker maker) {
        FileBytes file = FileBytes.of(path);
        return new JsonShard(file, JsonRanges.ofLines(file), true, maker);
    }

    static JsonShard ofArray(Path path, Maker maker) {
        FileBytes file = FileBytes.of(path);
        return new JsonShard(file, JsonRanges.ofArray(file), false, maker);
    }

    @Override
    public int size() {
        return ranges.count();
    }

    /** Bytes of heap that the index takes. */
    long indexBytes() {
        return ranges.sizeBytes();
    }

    @Override
    public DataRecord read(int index) {
        long offset = ranges.offset(index);
        Place place = new Place(file.file(), () -> {
            String line = "line %d".formatted(file.line(offset));
            return lines ? line : "record %d (%s)".formatted(index, line);
        });
        if (ranges.length(index) > RECORD_BYTES_MAX) {
            throw place.damaged("the record has %d bytes, more than %d; leave it out by a subset"
                    .formatted(ranges.length(index), RECORD_BYTES_MAX));
        }
        ObjectNode json = parse(file.read(offset, ranges.length(index)), place);
        String id = id(json, "%s#%d".formatted(file.file().getFileName(), index), place);
        return maker.make(json, id, place);
    }

    /** The record's own id, or the one that it gets by where it lies. */
    static String id(ObjectNode json, String otherwise, Place place) {
        JsonNode id = json.path("id");
        if (id.isMissingNode() || id.isNull()) {
            return otherwise;
        }
        if (!id.isTextual() && !id.isNumber()) {
            throw place.field("id", "a string or a number");
        }
        return id.asText();
    }

    /** One object, with nothing behind it. */
    static ObjectNode parse(byte[] bytes, Place place) {
        JsonNode json;
        try {
            json = JSON.readTree(FileBytes.decode(bytes, place));
        } catch (JsonProcessingException e) {
            throw place.damaged(
                    "malformed JSON, %s; correct the record or leave it out by a subset"
                            .formatted(JsonRanges.reason(e)),
                    e);
        }
        if (!(json instanceof ObjectNode object)) {
            throw place.damaged("a record must be a JSON object {...}; correct it or leave it out by a subset");
        }
        return object;
    }
}

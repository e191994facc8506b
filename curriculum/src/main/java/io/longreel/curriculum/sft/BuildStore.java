package io.longreel.curriculum.sft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What models have answered, on disk: {@code captions.jsonl} has a line for every clip, {@code records.jsonl} one for every video that is done.
 * Each line has a key, a digest of all that its answer depends on, beside the same in words for people; an answer counts for exactly the
 * clip, model, prompt and settings that it was given for. One build at a time per folder. Used by all threads.
 */
final class BuildStore implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOCK = "build.lock";
    static final String CAPTIONS = "captions.jsonl";
    static final String RECORDS = "records.jsonl";

    private final FileChannel lock;
    private final JsonLines captionLines;
    private final JsonLines recordLines;
    private final Map<String, String> captions = new ConcurrentHashMap<>();
    private final Map<String, VideoText> records = new ConcurrentHashMap<>();

    private BuildStore(FileChannel lock, Path folder) {
        this.lock = lock;
        this.captionLines = JsonLines.open(
                folder.resolve(CAPTIONS),
                line -> captions.put(
                        line.path("key").asText(), line.path("caption").asText()));
        this.recordLines = JsonLines.open(
                folder.resolve(RECORDS),
                line -> record(line)
                        .ifPresent(text -> records.put(line.path("key").asText(), text)));
    }

    /** Opens what an earlier build has left in a folder, or an empty one. */
    static BuildStore open(Path folder) {
        try {
            DurableFile.createDirectories(Disk.system(), folder);
            FileChannel lock =
                    FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isLocked(lock)) {
                lock.close();
                throw RuntimeFailure.config("another build writes to this folder: out=" + folder);
            }
            return new BuildStore(lock, folder);
        } catch (IOException e) {
            throw DiskFailures.unwritable(folder, e);
        }
    }

    /** A caption of an earlier build; given once, because a long set's captions are many. */
    Optional<String> takeCaption(String key) {
        return Optional.ofNullable(captions.remove(key));
    }

    /** What an earlier build has made of a video. */
    Optional<VideoText> record(String key) {
        return Optional.ofNullable(records.get(key));
    }

    /** Keeps a caption; it is on disk when this returns. */
    void keepCaption(String key, VideoFile video, Clip clip, String caption) {
        ObjectNode line = line(key, video)
                .put("clip", clip.index())
                .put("fromMs", clip.fromMs())
                .put("toMs", clip.toMs())
                .put("caption", caption);
        captionLines.append(line);
    }

    /** Keeps what became of a video; it is on disk when this returns. */
    void keepRecord(String key, VideoFile video, VideoText text) {
        ObjectNode line = line(key, video)
                .put("clips", text.clips())
                .put("durationMs", text.durationMs())
                .put("dropped", text.dropped())
                .put("summary", text.summary());
        ArrayNode pairs = line.putArray("questions");
        text.pairs()
                .forEach(pair -> pairs.addObject()
                        .put("kind", pair.kind().word())
                        .put("question", pair.question())
                        .put("answer", pair.answer()));
        recordLines.append(line);
    }

    @Override
    public void close() {
        try (lock; // closed last
                recordLines;
                captionLines) {
            // Nothing is buffered.
        } catch (IOException e) {
            throw new IllegalStateException("a lock can be given back", e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException ofThisProcess) {
            return false;
        }
    }

    private static ObjectNode line(String key, VideoFile video) {
        return JSON.createObjectNode()
                .put("key", key)
                .put("video", video.name())
                .put("sizeBytes", video.sizeBytes())
                .put("modifiedMs", video.modifiedMs());
    }

    /** Empty for a line that an other program has written. */
    private static Optional<VideoText> record(JsonNode line) {
        List<QaPair> pairs = new ArrayList<>();
        for (JsonNode entry : line.path("questions")) {
            QuestionKind.of(entry.path("kind").asText())
                    .ifPresent(kind -> pairs.add(new QaPair(
                            kind,
                            entry.path("question").asText(),
                            entry.path("answer").asText())));
        }
        String summary = line.path("summary").asText();
        if (summary.isEmpty() || pairs.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new VideoText(
                summary,
                pairs,
                line.path("clips").asInt(),
                line.path("durationMs").asLong(),
                line.path("dropped").asInt()));
    }
}

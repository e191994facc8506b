package io.longreel.curriculum.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.sft.JsonLines;
import io.longreel.model.checkpoint.DurableFile;
import io.longreel.model.disk.Disk;
import io.longreel.model.disk.DiskFailures;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the model and the judge have answered, on disk: {@code answers.jsonl} and {@code judgements.jsonl} have a line for each. A line has a key, a
 * digest of all that its answer depends on, so that no answer of another model, prompt or video is taken for it. One evaluation at a time per
 * folder. Used by all threads.
 */
final class EvaluationStore implements AutoCloseable {
    static final String ANSWERS = "answers.jsonl";
    static final String JUDGEMENTS = "judgements.jsonl";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LOCK = "eval.lock";

    private final FileChannel lock;
    private final JsonLines answerLines;
    private final JsonLines judgementLines;
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final Map<String, String> judgements = new ConcurrentHashMap<>();

    private EvaluationStore(FileChannel lock, Path folder) {
        this.lock = lock;
        this.answerLines = JsonLines.open(folder.resolve(ANSWERS), line -> keep(answers, line));
        this.judgementLines = JsonLines.open(folder.resolve(JUDGEMENTS), line -> keep(judgements, line));
    }

    static EvaluationStore open(Path folder) {
        try {
            DurableFile.createDirectories(Disk.system(), folder);
            FileChannel lock =
                    FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!isLocked(lock)) {
                lock.close();
                throw RuntimeFailure.config("another evaluation writes to this folder: out=" + folder);
            }
            return new EvaluationStore(lock, folder);
        } catch (IOException e) {
            throw DiskFailures.unwritable(folder, e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException ofThisProcess) {
            return false;
        }
    }

    private static void keep(Map<String, String> known, JsonNode line) {
        if (line.path("key").isTextual() && line.path("text").isTextual()) {
            known.put(line.path("key").asText(), line.path("text").asText());
        }
    }

    Optional<String> answer(String key) {
        return Optional.ofNullable(answers.get(key));
    }

    /** Keeps an answer; it is on disk when this returns. */
    void keepAnswer(String key, String id, String text) {
        answers.put(key, text);
        answerLines.append(JSON.createObjectNode().put("key", key).put("id", id).put("text", text));
    }

    Optional<String> judgement(String key) {
        return Optional.ofNullable(judgements.get(key));
    }

    /** Keeps what a judge said. */
    void keepJudgement(String key, String id, String criterion, String text) {
        judgements.put(key, text);
        judgementLines.append(JSON.createObjectNode()
                .put("key", key)
                .put("id", id)
                .put("criterion", criterion)
                .put("text", text));
    }

    /** A digest of parts, none of which can pass for two. */
    static String key(String... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public void close() {
        try (lock; // closed last
                answerLines;
                judgementLines) {
            // Nothing is buffered.
        } catch (IOException e) {
            throw new IllegalStateException("a lock can be given back", e);
        }
    }
}

package io.longreel.chaos.fault;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.chaos.fault.Strike.Count;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@code faults.jsonl} of a run: one line per strike, on the disk before the fault strikes, so that it survives what the fault does. It is also what
 * keeps a fault from striking again in a process that takes the place of the struck one, or in a step that is computed again. Used by all worker
 * processes of the run, any thread; a file lock makes them take turns.
 */
public final class StrikeFile {
    /** Name in the run's directory. */
    public static final String NAME = "faults.jsonl";

    private static final String END = "}";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Threads of one process must not meet at a file lock: it belongs to the process. */
    private static final Object TURN = new Object();

    private final Path file;
    /** Faults that this process knows to have no strike left: whoever comes to their place again need not ask the file. */
    private final Set<Count> spent = ConcurrentHashMap.newKeySet();

    public StrikeFile(Path runDirectory) {
        this.file = runDirectory.resolve(NAME);
    }

    /**
     * Takes one of the strikes that a fault has: in the whole run, or, where it is links that suffer, for each sending rank.
     *
     * @param times how many it has; 0 = any number
     * @param wanted its number is not known yet
     * @return the strike with its number; empty when it has struck that often already
     */
    Optional<Strike> claim(int times, Strike wanted) {
        if (isSpent(wanted.fault(), wanted.action(), wanted.rank())) {
            return Optional.empty();
        }
        Optional<Strike> claimed = claimFromFile(times, wanted);
        if (times > 0 && (claimed.isEmpty() || claimed.get().number() >= times)) {
            spent.add(wanted.count());
        }
        return claimed;
    }

    /** Whether this process knows that a claim would fail; costs nothing. */
    boolean isSpent(int fault, Action action, int rank) {
        return spent.contains(Count.of(fault, action, rank));
    }

    private Optional<Strike> claimFromFile(int times, Strike wanted) {
        synchronized (TURN) {
            try (FileChannel channel = FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                    FileLock turn = channel.lock()) {
                int before = (int) read(file).stream()
                        .filter(strike -> strike.count().equals(wanted.count()))
                        .count();
                if (!turn.isValid()) {
                    throw new IOException("the lock was lost");
                }
                if (times > 0 && before >= times) {
                    return Optional.empty();
                }
                Strike strike = wanted.numbered(before + 1);
                // Line feeds on both sides: a torn line in front stays alone.
                byte[] text = ("\n" + JSON.writeValueAsString(strike) + "\n").getBytes(StandardCharsets.UTF_8);
                channel.write(ByteBuffer.wrap(text), channel.size());
                channel.force(true);
                return Optional.of(strike);
            } catch (IOException e) {
                throw new RuntimeFailure(
                        RuntimeFailure.Category.FATAL, "a fault cannot be noted in %s: %s".formatted(file, e), e);
            }
        }
    }

    /** Every strike so far, in the order in which they struck. */
    public List<Strike> strikes() {
        try {
            return Files.exists(file) ? read(file) : List.of();
        } catch (IOException e) {
            throw new RuntimeFailure(RuntimeFailure.Category.FATAL, "%s cannot be read: %s".formatted(file, e), e);
        }
    }

    private static List<Strike> read(Path file) throws IOException {
        return Files.readString(file)
                .lines()
                .filter(line ->
                        line.endsWith(END)) // a process was killed while it wrote: what it announced never struck
                .map(StrikeFile::parse)
                .toList();
    }

    private static Strike parse(String line) {
        try {
            return JSON.readValue(line, Strike.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not the line of a strike: " + line, e);
        }
    }
}

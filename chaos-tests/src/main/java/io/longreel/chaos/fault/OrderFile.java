package io.longreel.chaos.fault;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.ChaosSettings.Action;
import io.longreel.config.ChaosSettings.At;
import io.longreel.config.ChaosSettings.Fault;
import io.longreel.config.ChaosSettings.Phase;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code orders.jsonl} of a run: faults that were ordered while it goes on. One process appends, all workers read; a line is written in one piece and
 * never changed. Any thread.
 */
public final class OrderFile {
    private static final String NAME = "orders.jsonl";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private long readBytes = -1;
    private List<Fault> faults = List.of();

    /**
     * A fault that strikes once, when its rank comes to the phase in this step of the stage or a later one.
     *
     * @param lastsMs how long it lasts, where it does not end by itself
     */
    public record Order(Action action, Phase phase, int occurrence, int rank, int stage, int step, long lastsMs) {
        Fault fault() {
            At at = new At(OptionalInt.of(rank), Optional.empty(), stage, step, Integer.MAX_VALUE, phase, occurrence);
            return new Fault(at, action, Duration.ofMillis(lastsMs), 1, List.of(), true, 1, 1);
        }
    }

    public OrderFile(Path runDirectory) {
        this.file = runDirectory.resolve(NAME);
    }

    /** Appends an order. */
    public void add(Order order) {
        try {
            Files.writeString(
                    file, JSON.writeValueAsString(order) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL, "a fault cannot be ordered in %s: %s".formatted(file, e), e);
        }
    }

    /** Everything that was ordered so far; costs one look at the file's size when nothing is new. */
    synchronized List<Fault> faults() {
        try {
            long sizeBytes = Files.exists(file) ? Files.size(file) : 0;
            if (sizeBytes != readBytes) {
                faults = sizeBytes == 0
                        ? List.of()
                        : Files.readString(file)
                                .lines()
                                .map(line -> parse(line).fault())
                                .toList();
                readBytes = sizeBytes;
            }
            return faults;
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL, "orders cannot be read from %s: %s".formatted(file, e), e);
        }
    }

    private static Order parse(String line) {
        try {
            return JSON.readValue(line, Order.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not an order: " + line, e);
        }
    }
}

package io.longreel.runtime.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.trace.TraceLog.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** {@code trace.json} of a run: the timelines of all its ranks in one file, and what they come to. */
public final class TraceFile {
    /** In a run directory. */
    public static final String NAME = "trace.json";

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private TraceFile() {}

    /**
     * Where the time of one rank's recorded steps went.
     *
     * @param steps each counted once, the newest time when it was computed again
     * @param exchangeMs inside exchanges, the additions of reductions included: communication that no kernel hid
     * @param otherMs in none of the others: the program round the kernels
     */
    public record RankTime(
            int rank, int steps, double stepMs, double computeMs, double exchangeMs, double dataMs, double otherMs) {
        static RankTime of(int rank, Collection<Map<Kind, Double>> steps) {
            double step = ms(steps, Kind.STEP);
            double compute = ms(steps, Kind.COMPUTE);
            double exchange = ms(steps, Kind.EXCHANGE);
            double data = ms(steps, Kind.DATA);
            return new RankTime(rank, steps.size(), step, compute, exchange, data, step - compute - exchange - data);
        }

        private static double ms(Collection<Map<Kind, Double>> steps, Kind kind) {
            return steps.stream()
                            .mapToDouble(micros -> micros.getOrDefault(kind, 0.0))
                            .sum()
                    / 1e3;
        }
    }

    /**
     * Merges what the ranks have written; empty when they have written nothing. A line that a killed process left unfinished is left out.
     *
     * @return a line per rank
     */
    public static Optional<List<RankTime>> merge(Path runDirectory) {
        Path folder = TraceInstruments.folder(runDirectory);
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> children = Files.list(folder)) {
            Map<Integer, Path> files = new TreeMap<>();
            children.forEach(file -> rankOf(file).ifPresent(rank -> files.put(rank, file)));
            // Of its own: another process may be merging, too.
            Path part = folder.resolve(
                    "merged-%d.part".formatted(ProcessHandle.current().pid()));
            try {
                List<RankTime> times = write(files, part);
                Files.move(part, runDirectory.resolve(NAME), StandardCopyOption.REPLACE_EXISTING);
                return Optional.of(times);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.DATA,
                    "the timelines in %s cannot be merged: %s".formatted(folder, e.getMessage()),
                    e);
        }
    }

    private static List<RankTime> write(Map<Integer, Path> files, Path target) throws IOException {
        List<RankTime> times = new ArrayList<>();
        try (Writer out = Files.newBufferedWriter(target)) {
            out.write("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
            for (Map.Entry<Integer, Path> file : files.entrySet()) {
                out.write(times.isEmpty() ? "\n" : ",\n");
                times.add(append(file.getKey(), file.getValue(), out));
            }
            out.write("\n]}\n");
        }
        return times;
    }

    /** What a rank writes to. */
    static Path ofRank(Path folder, int rank) {
        return folder.resolve("rank-%d.jsonl".formatted(rank));
    }

    /** Of a file that {@link #ofRank} names. */
    private static Optional<Integer> rankOf(Path file) {
        String name = file.getFileName().toString();
        return name.matches("rank-\\d{1,6}\\.jsonl")
                ? Optional.of(Integer.valueOf(name.replaceAll("\\D", "")))
                : Optional.empty();
    }

    private static RankTime append(int rank, Path file, Writer out) throws IOException {
        out.write("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":\"rank %d\"}}"
                .formatted(rank, rank));
        Map<String, Map<Kind, Double>> steps = new TreeMap<>();
        Map<Kind, Double> open = new EnumMap<>(Kind.class);
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Optional<JsonNode> event = parse(line);
                if (event.isEmpty()) {
                    open = new EnumMap<>(Kind.class); // of a step that was not written to its end
                    continue;
                }
                out.write(",\n");
                out.write(line);
                add(event.get(), open);
                if (open.containsKey(Kind.STEP)) {
                    steps.put(event.get().path("name").asText(), open);
                    open = new EnumMap<>(Kind.class);
                }
            }
        }
        return RankTime.of(rank, steps.values());
    }

    private static void add(JsonNode event, Map<Kind, Double> micros) {
        for (Kind kind : Kind.values()) {
            if (kind.word().equals(event.path("cat").asText())) {
                micros.merge(kind, event.path("dur").asDouble(), Double::sum);
            }
        }
    }

    /** How a step is called on the timeline. */
    static String step(StepId at) {
        return "stage %d step %d".formatted(at.stage(), at.step());
    }

    private static Optional<JsonNode> parse(String line) {
        try {
            JsonNode event = JSON.readTree(line);
            return event.has("ph") ? Optional.of(event) : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}

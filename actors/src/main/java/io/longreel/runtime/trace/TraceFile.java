package io.longreel.runtime.trace;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.trace.SpanLog.Kind;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
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

    private static final ObjectMapper JSON = new ObjectMapper();

    private TraceFile() {}

    /**
     * Where the time of one rank's recorded steps went.
     *
     * @param exchangeMs inside exchanges, when nothing was computed: the exposed communication
     * @param otherMs in none of the others: the program round the kernels
     */
    public record RankTime(
            int rank, int steps, double stepMs, double computeMs, double exchangeMs, double dataMs, double otherMs) {
        static RankTime of(int rank, int steps, Map<Kind, Double> micros) {
            double step = micros.getOrDefault(Kind.STEP, 0.0) / 1e3;
            double compute = micros.getOrDefault(Kind.COMPUTE, 0.0) / 1e3;
            double exchange = micros.getOrDefault(Kind.EXCHANGE, 0.0) / 1e3;
            double data = micros.getOrDefault(Kind.DATA, 0.0) / 1e3;
            return new RankTime(
                    rank, steps, step, compute, exchange, data, Math.max(0, step - compute - exchange - data));
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
            Path part = runDirectory.resolve(NAME + ".part");
            List<RankTime> times = write(files, part);
            Files.move(part, runDirectory.resolve(NAME), StandardCopyOption.REPLACE_EXISTING);
            return Optional.of(times);
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

    private static Optional<Integer> rankOf(Path file) {
        String name = file.getFileName().toString();
        return name.matches("rank-\\d{1,6}\\.jsonl")
                ? Optional.of(Integer.valueOf(name.replaceAll("\\D", "")))
                : Optional.empty();
    }

    private static RankTime append(int rank, Path file, Writer out) throws IOException {
        out.write("{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":\"rank %d\"}}"
                .formatted(rank, rank));
        Map<Kind, Double> micros = new EnumMap<>(Kind.class);
        int steps = 0;
        for (String line : Files.readAllLines(file)) {
            Optional<JsonNode> event = parse(line);
            if (event.isEmpty()) {
                continue;
            }
            out.write(",\n");
            out.write(line);
            String category = event.get().path("cat").asText();
            double duration = event.get().path("dur").asDouble();
            for (Kind kind : Kind.values()) {
                if (kind.word().equals(category)) {
                    micros.merge(kind, duration, Double::sum);
                    steps += kind == Kind.STEP ? 1 : 0;
                }
            }
        }
        return RankTime.of(rank, steps, micros);
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

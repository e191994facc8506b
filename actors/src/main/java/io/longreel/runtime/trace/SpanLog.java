package io.longreel.runtime.trace;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * What one rank did and when, gathered in memory while a step runs and appended to the rank's file behind it: one event of Chrome's trace format per
 * line. Files of processes on one machine have the same time; those of several are as far apart as their clocks. The rank's compute thread's own.
 */
final class SpanLog {
    /** What kind of time a span is; Perfetto groups and colours by it. */
    enum Kind {
        STEP,
        DATA,
        COMPUTE,
        /** Inside an exchange: the rank does nothing else meanwhile. */
        EXCHANGE,
        /** From the start of a transfer to its end, whatever the rank does meanwhile. */
        IN_FLIGHT;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    private record Span(Kind kind, String name, String detail, long startNs, long endNs) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final int rank;
    private final LongSupplier clockNs;
    private final long epochMicros;
    private final long epochNs;
    private final List<Span> spans = new ArrayList<>();
    private int transfers;

    /**
     * @param clockNs steady clock, which gives the durations
     * @param wallClock read once, so that processes have the same beginning
     */
    SpanLog(Path file, int rank, LongSupplier clockNs, InstantSource wallClock) {
        this.file = file;
        this.rank = rank;
        this.clockNs = clockNs;
        this.epochNs = clockNs.getAsLong();
        this.epochMicros = ChronoUnit.MICROS.between(Instant.EPOCH, wallClock.instant());
    }

    long nowNs() {
        return clockNs.getAsLong();
    }

    /** Adds a span that ends now. */
    void add(Kind kind, String name, String detail, long startNs) {
        spans.add(new Span(kind, name, detail, startNs, nowNs()));
    }

    boolean isEmpty() {
        return spans.isEmpty();
    }

    /** Forgets what was gathered: the step did not come to its end. */
    void clear() {
        spans.clear();
    }

    /** Appends what was gathered to the file, in one piece. */
    void flush() {
        StringWriter text = new StringWriter();
        try {
            for (Span span : spans) {
                write(span, text);
            }
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text.toString(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.FATAL,
                    "the timeline cannot be written to %s: %s; leave out --trace or make room".formatted(file, e),
                    e);
        }
        spans.clear();
    }

    private void write(Span span, StringWriter text) throws IOException {
        if (span.kind() == Kind.IN_FLIGHT) {
            transfers++;
            line(span, "b", span.startNs(), text);
            line(span, "e", span.endNs(), text);
        } else {
            line(span, "X", span.startNs(), text);
        }
    }

    private void line(Span span, String phase, long atNs, StringWriter text) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeStringField("ph", phase);
            json.writeStringField("name", span.name());
            json.writeStringField("cat", span.kind().word());
            json.writeNumberField("pid", rank);
            json.writeNumberField("tid", 0);
            json.writeNumberField("ts", micros(atNs - epochNs).add(BigDecimal.valueOf(epochMicros)));
            if (phase.equals("X")) {
                json.writeNumberField("dur", micros(span.endNs() - span.startNs()));
            } else {
                json.writeNumberField("id", transfers);
            }
            json.writeObjectFieldStart("args");
            json.writeStringField("detail", span.detail());
            json.writeEndObject();
            json.writeEndObject();
        }
        text.write('\n');
    }

    /** The format's unit; a double would not hold nanoseconds since the epoch. */
    private static BigDecimal micros(long ns) {
        return BigDecimal.valueOf(ns, 3);
    }
}

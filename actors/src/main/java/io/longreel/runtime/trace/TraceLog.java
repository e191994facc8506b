package io.longreel.runtime.trace;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
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
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one rank did and when, gathered in memory while a step runs and appended to the rank's file behind it: one event of Chrome's trace format per
 * line. Files of processes on one machine have the same time; those of several are as far apart as their clocks. The rank's compute thread's own.
 */
final class TraceLog {
    /** What kind of time an entry is; Perfetto groups and colours by it. */
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

    private record Entry(Kind kind, String name, String detail, long startNs, long endNs) {}

    private static final Logger LOG = LoggerFactory.getLogger(TraceLog.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final int rank;
    private final LongSupplier clockNs;
    private final long epochMicros;
    private final long epochNs;
    private final List<Entry> entries = new ArrayList<>();
    private int transfers;

    /**
     * @param clockNs steady clock, which gives the durations
     * @param wallClock read once, so that processes have the same beginning
     */
    TraceLog(Path file, int rank, LongSupplier clockNs, InstantSource wallClock) {
        this.file = file;
        this.rank = rank;
        this.clockNs = clockNs;
        this.epochNs = clockNs.getAsLong();
        this.epochMicros = ChronoUnit.MICROS.between(Instant.EPOCH, wallClock.instant());
    }

    long nowNs() {
        return clockNs.getAsLong();
    }

    /** Adds what began at {@code startNs} and ends now; looks at the clock before it asks for the details, which take a while to write. */
    void add(Kind kind, String name, Supplier<String> detail, long startNs) {
        long endNs = nowNs();
        entries.add(new Entry(kind, name, detail.get(), startNs, endNs));
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Forgets what was gathered: the step did not come to its end. */
    void clear() {
        entries.clear();
    }

    /**
     * Appends what was gathered to the file, in one piece and behind a line feed, so that what a killed process left unfinished stays alone.
     *
     * @return false when it could not be written: a timeline is no reason to stop a run
     */
    boolean flush() {
        StringWriter text = new StringWriter();
        try {
            text.write('\n');
            for (Entry entry : entries) {
                write(entry, text);
            }
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
            return true;
        } catch (IOException e) {
            LOG.warn("trace.given-up rank={} file={} cause=\"{}\"", rank, file, e.toString());
            return false;
        } finally {
            entries.clear();
        }
    }

    private void write(Entry entry, StringWriter text) throws IOException {
        if (entry.kind() == Kind.IN_FLIGHT) {
            transfers++;
            line(entry, "b", entry.startNs(), text);
            line(entry, "e", entry.endNs(), text);
        } else {
            line(entry, "X", entry.startNs(), text);
        }
    }

    private void line(Entry entry, String phase, long atNs, StringWriter text) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeStringField("ph", phase);
            json.writeStringField("name", entry.name());
            json.writeStringField("cat", entry.kind().word());
            json.writeNumberField("pid", rank);
            json.writeNumberField("tid", 0);
            json.writeNumberField("ts", micros(atNs - epochNs).add(BigDecimal.valueOf(epochMicros)));
            if (phase.equals("X")) {
                json.writeNumberField("dur", micros(entry.endNs() - entry.startNs()));
            } else {
                json.writeNumberField("id", transfers);
            }
            json.writeObjectFieldStart("args");
            json.writeStringField("detail", entry.detail());
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

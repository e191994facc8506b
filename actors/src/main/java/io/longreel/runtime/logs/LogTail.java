package io.longreel.runtime.logs;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file of {@code RUN/logs}, read on from where it was read to. {@code NAME.log} is what logback.xml writes; {@code NAME.out} what a forked process
 * printed besides: its lines have no time of their own and get that of the file. A file that has become shorter is another one and read from its start.
 */
final class LogTail {
    private static final Pattern HEAD = Pattern.compile(
            "(\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}) (TRACE|DEBUG|INFO|WARN|ERROR) +\\[([^\\]]*)\\] .*");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    /** What a process prints of its log stands in its log, too; and each JVM greets with the module that kernels need. */
    private static final Pattern PRINTED_TOO =
            Pattern.compile("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} (WARN|ERROR) .*|WARNING: Using incubator modules: .*");

    private static final int CHUNK_BYTES = 1 << 16;

    private final Path file;
    private final String process;
    private final boolean isLog;
    private long readBytes;
    /** Begun and not ended by a line break yet; bytes, as a character may be cut in the middle. */
    private byte[] torn = new byte[0];

    private LogTail(Path file, String process, boolean isLog) {
        this.file = file;
        this.process = process;
        this.isLog = isLog;
    }

    /** Empty for what is no log. */
    static Optional<LogTail> of(Path file) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        String kind = name.substring(dot + 1);
        return dot > 0 && (kind.equals("log") || kind.equals("out"))
                ? Optional.of(new LogTail(file, name.substring(0, dot), kind.equals("log")))
                : Optional.empty();
    }

    String process() {
        return process;
    }

    /**
     * What has been written since the last call. An entry whose last lines are still being written may come in two parts, the second without a head.
     */
    List<LogEntry> poll() {
        try {
            List<String> lines = newLines();
            return lines.isEmpty() ? List.of() : entries(lines, fileTime());
        } catch (NoSuchFileException e) { // a new run has taken the directory
            return List.of();
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG, "the log %s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private LocalDateTime fileTime() throws IOException {
        return LocalDateTime.ofInstant(Files.getLastModifiedTime(file).toInstant(), ZoneId.systemDefault());
    }

    private List<LogEntry> entries(List<String> lines, LocalDateTime fileTime) {
        List<LogEntry> entries = new ArrayList<>();
        for (String line : lines) {
            Matcher head = HEAD.matcher(line);
            if (isLog && head.matches()) {
                entries.add(new LogEntry(
                        process,
                        LocalDateTime.parse(head.group(1), TIME),
                        Optional.of(LogEntry.Level.valueOf(head.group(2))),
                        Optional.of(head.group(3)),
                        List.of(line)));
            } else if (isLog && !entries.isEmpty()) {
                entries.add(entries.removeLast().and(line));
            } else if (isLog || !(line.isBlank() || PRINTED_TOO.matcher(line).matches())) {
                entries.add(new LogEntry(process, fileTime, Optional.empty(), Optional.empty(), List.of(line)));
            }
        }
        return entries;
    }

    /** Whole lines only. */
    private List<String> newLines() throws IOException {
        List<String> lines = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(file)) {
            if (channel.size() < readBytes) {
                readBytes = 0;
                torn = new byte[0];
            }
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
            while (channel.read(chunk, readBytes) > 0) {
                chunk.flip();
                readBytes += chunk.remaining();
                split(chunk, lines);
                chunk.clear();
            }
        }
        return lines;
    }

    private void split(ByteBuffer chunk, List<String> lines) {
        byte[] bytes = new byte[torn.length + chunk.remaining()];
        System.arraycopy(torn, 0, bytes, 0, torn.length);
        chunk.get(bytes, torn.length, chunk.remaining());
        int from = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == '\n') {
                lines.add(new String(bytes, from, at - from, StandardCharsets.UTF_8));
                from = at + 1;
            }
        }
        torn = Arrays.copyOfRange(bytes, from, bytes.length);
    }
}

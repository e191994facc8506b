package io.longreel.runtime.journal;

import io.longreel.model.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of a journal: {@code journal.jsonl} of term 1, {@code journal-2.jsonl} of term 2, and so on. Reads them as one journal.
 * Stateless; safe to use while a supervisor writes.
 */
final class JournalSegments {
    private static final Pattern NAME = Pattern.compile("journal(?:-([2-9]|[1-9][0-9]{1,8}))?\\.jsonl");

    private JournalSegments() {}

    static Path file(Path directory, int term) {
        return directory.resolve(term == 1 ? "journal.jsonl" : "journal-%d.jsonl".formatted(term));
    }

    static boolean isSegment(String fileName) {
        return NAME.matcher(fileName).matches();
    }

    /** Files by term; none where the directory is missing. */
    static SortedMap<Integer, Path> list(Disk disk, Path directory) throws IOException {
        SortedMap<Integer, Path> segments = new TreeMap<>();
        for (Path child : disk.exists(directory) ? disk.list(directory) : List.<Path>of()) {
            Matcher matcher = NAME.matcher(child.getFileName().toString());
            if (matcher.matches()) {
                String term = matcher.group(1);
                segments.put(term == null ? 1 : Integer.parseInt(term), child);
            }
        }
        return segments;
    }

    /**
     * Joins the terms before {@code termEnd}. The number of a term's first line says how many lines its supervisor had read: lines of
     * earlier terms from that number on were written too late to count.
     */
    static JournalHistory read(Disk disk, Path directory, int termEnd) throws IOException {
        List<JournalLine> counting = new ArrayList<>();
        List<JournalLine> superseded = new ArrayList<>();
        long damagedBytes = 0;
        SortedMap<Integer, Path> segments = list(disk, directory).headMap(termEnd);
        for (Path file : segments.values()) {
            byte[] bytes = bytes(disk, file);
            List<JournalLine> lines = new ArrayList<>();
            damagedBytes += bytes.length - parse(bytes, lines);
            if (lines.isEmpty()) {
                continue; // its supervisor was gone before it had said anything
            }
            long known = lines.getFirst().sequence() - 1;
            if (known > counting.size()) {
                damagedBytes += bytes.length; // what it builds on cannot be read: nothing of it can be trusted
                continue;
            }
            List<JournalLine> late = counting.subList(Math.toIntExact(known), counting.size());
            superseded.addAll(late);
            late.clear();
            counting.addAll(lines);
        }
        return new JournalHistory(segments.isEmpty() ? 0 : segments.lastKey(), counting, superseded, damagedBytes);
    }

    private static byte[] bytes(Disk disk, Path file) throws IOException {
        try (Disk.Input input = disk.open(file)) {
            byte[] bytes = new byte[Math.toIntExact(input.sizeBytes())];
            input.read(0, ByteBuffer.wrap(bytes));
            return bytes;
        }
    }

    /** Adds lines up to the first that is torn, damaged or out of sequence; returns their length in bytes. */
    private static int parse(byte[] bytes, List<JournalLine> lines) {
        int sound = 0;
        for (int end = lineEnd(bytes, 0); end >= 0; end = lineEnd(bytes, sound)) {
            Optional<JournalLine> line =
                    JournalLine.parse(new String(bytes, sound, end - sound, StandardCharsets.UTF_8));
            boolean goesOn = line.isPresent()
                    && (lines.isEmpty()
                            || line.get().sequence() == lines.getLast().sequence() + 1);
            if (!goesOn) {
                break;
            }
            lines.add(line.get());
            sound = end + 1;
        }
        return sound;
    }

    private static int lineEnd(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }
}

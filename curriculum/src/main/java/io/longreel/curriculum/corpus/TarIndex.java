package io.longreel.curriculum.corpus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * What lies where in a tar: members grouped by key, which is their path up to the first dot of the name, records in the order of their first
 * members. Only headers are read. Some 20 bytes for each member and the key for each record. Immutable once opened.
 */
final class TarIndex {
    private static final Set<String> IMAGES = Set.of("jpg", "jpeg", "png", "webp", "bmp", "gif");
    private static final Set<String> VIDEOS = Set.of("mp4", "mkv", "mov", "webm", "avi");

    /** What a compressed file begins with, and what undoes it. */
    private static final Map<String, byte[]> COMPRESSED = Map.of(
            "gunzip", new byte[] {0x1F, (byte) 0x8B},
            "zstd -d", new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD},
            "bunzip2", new byte[] {'B', 'Z', 'h'},
            "unxz", new byte[] {(byte) 0xFD, '7', 'z', 'X', 'Z'});

    /** What a member is good for. */
    enum Kind {
        JSON,
        TEXT,
        IMAGE,
        VIDEO
    }

    /** One file in the tar. */
    record Member(Kind kind, long offset, long length) {}

    private final long[] offsets;
    private final long[] lengths;
    private final Kind[] kinds;
    /** The member behind the last one of each record. */
    private final int[] memberEnds;

    private final byte[] keys;
    /** The byte behind the key of each record. */
    private final int[] keyEnds;

    private TarIndex(Map<String, List<Member>> records) {
        int members = records.values().stream().mapToInt(List::size).sum();
        offsets = new long[members];
        lengths = new long[members];
        kinds = new Kind[members];
        memberEnds = new int[records.size()];
        keyEnds = new int[records.size()];
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        int record = 0;
        int at = 0;
        for (Map.Entry<String, List<Member>> entry : records.entrySet()) {
            joined.writeBytes(entry.getKey().getBytes(StandardCharsets.UTF_8));
            keyEnds[record] = joined.size();
            for (Member member : entry.getValue()) {
                offsets[at] = member.offset();
                lengths[at] = member.length();
                kinds[at] = member.kind();
                at++;
            }
            memberEnds[record++] = at;
        }
        keys = joined.toByteArray();
    }

    static TarIndex of(Path path) {
        FileBytes file = FileBytes.of(path);
        requireUncompressed(file);
        Map<String, List<Member>> records = new LinkedHashMap<>();
        try (TarFile tar = new TarFile(path)) {
            for (TarArchiveEntry entry : tar.getEntries()) {
                if (!entry.isCheckSumOK()) {
                    throw Place.broken(
                            path,
                            "must be a tar, and the header of its member %s is damaged; write it again"
                                    .formatted(entry.getName()));
                }
                add(records, entry);
            }
        } catch (IOException | IllegalArgumentException e) {
            throw Place.broken(
                    path, "must be a whole tar, and is not: %s; copy it again".formatted(Place.reason(e)), e);
        }
        return new TarIndex(records);
    }

    private static void requireUncompressed(FileBytes file) {
        byte[] begin = file.read(0, (int) Math.min(8, file.size()));
        COMPRESSED.forEach((tool, magic) -> {
            if (begin.length >= magic.length && Arrays.equals(begin, 0, magic.length, magic, 0, magic.length)) {
                throw Place.broken(
                        file.file(),
                        "must be an uncompressed tar, so that members can be read where they lie; unpack it (%s)"
                                .formatted(tool));
            }
        });
    }

    private static void add(Map<String, List<Member>> records, TarArchiveEntry entry) {
        String name = entry.getName();
        int base = name.lastIndexOf('/') + 1;
        int dot = name.indexOf('.', base);
        // A name that begins with a dot is some system's note about a file.
        if (!entry.isFile() || entry.isSparse() || dot <= base) {
            return;
        }
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        Kind kind;
        if (ending.equals("json")) {
            kind = Kind.JSON;
        } else if (ending.equals("txt")) {
            kind = Kind.TEXT;
        } else if (IMAGES.contains(ending)) {
            kind = Kind.IMAGE;
        } else if (VIDEOS.contains(ending)) {
            kind = Kind.VIDEO;
        } else {
            return;
        }
        records.computeIfAbsent(name.substring(0, dot), key -> new ArrayList<>(2))
                .add(new Member(kind, entry.getDataOffset(), entry.getSize()));
    }

    int records() {
        return keyEnds.length;
    }

    String key(int record) {
        int from = record == 0 ? 0 : keyEnds[record - 1];
        return new String(keys, from, keyEnds[record] - from, StandardCharsets.UTF_8);
    }

    /** In the order of the tar. */
    List<Member> members(int record) {
        return IntStream.range(record == 0 ? 0 : memberEnds[record - 1], memberEnds[record])
                .mapToObj(i -> new Member(kinds[i], offsets[i], lengths[i]))
                .toList();
    }
}

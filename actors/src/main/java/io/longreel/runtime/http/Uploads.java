package io.longreel.runtime.http;

import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.corpus.Medium;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Images and videos that requests brought, or that were fetched for them, each in a file that is named by its SHA-256: what comes twice is there
 * once, and caches know it again. Owns its folder. All files together, half-written ones included, have at most so many bytes; to make room, those go
 * that nobody holds and that were not asked for longest. Any thread.
 */
final class Uploads {
    private static final int CHUNK_BYTES = 1 << 16;
    private static final String NAME = "[0-9a-f]{64}";
    private static final String HALF = ".part";

    /** A file that stays as long as somebody holds it. */
    interface Held extends AutoCloseable {
        Path file();

        /** May be called more than once. */
        @Override
        void close();
    }

    private static final class Kept {
        private final long bytes;
        private int holders;

        private Kept(long bytes) {
            this.bytes = bytes;
        }
    }

    private final Path folder;
    private final long bytesMax;
    private final long allBytesMax;
    /** From the one that was not asked for longest. */
    private final Map<String, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);

    private long allBytes;
    private long half;

    private Uploads(Path folder, long bytesMax, long allBytesMax) {
        this.folder = folder;
        this.bytesMax = bytesMax;
        this.allBytesMax = allBytesMax;
    }

    /**
     * Goes on with what is in the folder.
     *
     * @param bytesMax of one file
     * @param allBytesMax of all
     */
    static Uploads in(Path folder, long bytesMax, long allBytesMax) {
        try {
            Path real = Files.createDirectories(folder).toRealPath();
            Uploads uploads = new Uploads(real, bytesMax, allBytesMax);
            uploads.adopt();
            return uploads;
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the folder for images and videos of requests cannot be used: %s: %s".formatted(folder, e),
                    e);
        }
    }

    private record Found(Path file, long bytes, long time) {}

    private synchronized void adopt() throws IOException {
        List<Found> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(HALF)) {
                    Files.deleteIfExists(file);
                } else if (name.matches(NAME)) {
                    found.add(new Found(
                            file,
                            Files.size(file),
                            Files.getLastModifiedTime(file).toMillis()));
                }
            }
        }
        found.sort(Comparator.comparingLong(Found::time).thenComparing(Found::file));
        for (Found one : found) {
            kept.put(one.file().getFileName().toString(), new Kept(one.bytes()));
            allBytes += one.bytes();
        }
        makeRoom(0);
    }

    /**
     * Keeps what {@code content} has. Throws {@link Refusal} when that is too much, empty, or no such medium.
     *
     * @param where it stands in the request
     */
    Held put(InputStream content, Medium.Kind kind, String where) throws IOException {
        Path part = folder.resolve(nextName());
        long[] reserved = {0};
        try {
            String name = write(content, kind, where, part, reserved);
            return keep(name, part, reserved);
        } finally {
            Files.deleteIfExists(part);
            release(reserved[0]);
        }
    }

    private String write(InputStream content, Medium.Kind kind, String where, Path part, long[] reserved)
            throws IOException {
        MessageDigest digest = sha256();
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream out = Files.newOutputStream(part)) {
            boolean isFirst = true;
            for (int n = content.readNBytes(chunk, 0, chunk.length);
                    n > 0 || isFirst;
                    n = content.readNBytes(chunk, 0, chunk.length)) {
                if (isFirst) {
                    requireKind(kind, where, Arrays.copyOf(chunk, Math.min(n, MediaSignature.LENGTH)));
                    isFirst = false;
                }
                if (reserved[0] + n > bytesMax) {
                    throw tooLarge(where);
                }
                reserve(n);
                reserved[0] += n;
                digest.update(chunk, 0, n);
                out.write(chunk, 0, n);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void requireKind(Medium.Kind kind, String where, byte[] head) {
        if (!MediaSignature.fits(kind, head)) {
            throw Refusal.invalid(
                    where,
                    switch (kind) {
                        case IMAGE -> where + " must be a JPEG, PNG, WebP, BMP or GIF picture, but its bytes are none";
                        case VIDEO ->
                            where + " must be a video (MP4, MOV, WebM, MKV, AVI, ...), but its bytes are none";
                    });
        }
    }

    Refusal tooLarge(String where) {
        return Refusal.of(
                413,
                where,
                "media_too_large",
                "%s must have at most %d bytes (longreel.serve.media.bytes-max)".formatted(where, bytesMax));
    }

    private synchronized String nextName() {
        return half++ + HALF;
    }

    private synchronized void reserve(long bytes) throws IOException {
        makeRoom(bytes);
        allBytes += bytes;
    }

    private synchronized void release(long bytes) {
        allBytes -= bytes;
    }

    private void makeRoom(long bytes) throws IOException {
        Iterator<Map.Entry<String, Kept>> oldest = kept.entrySet().iterator();
        while (allBytes + bytes > allBytesMax && oldest.hasNext()) {
            Map.Entry<String, Kept> entry = oldest.next();
            if (entry.getValue().holders == 0) {
                Files.deleteIfExists(folder.resolve(entry.getKey()));
                allBytes -= entry.getValue().bytes;
                oldest.remove();
            }
        }
        if (allBytes + bytes > allBytesMax) {
            throw Refusal.busy(
                    "the images and videos of the requests that are being answered fill the %d bytes that there are for them (longreel.serve.media.directory-bytes-max); try again later"
                            .formatted(allBytesMax));
        }
    }

    private synchronized Held keep(String name, Path part, long[] reserved) throws IOException {
        Path file = folder.resolve(name);
        Kept known = kept.get(name);
        if (known == null || !Files.exists(file)) {
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            if (known == null) {
                known = new Kept(reserved[0]);
                kept.put(name, known);
                reserved[0] = 0; // now the file's
            }
        }
        known.holders++;
        Kept held = known;
        AtomicBoolean isHeld = new AtomicBoolean(true);
        return new Held() {
            @Override
            public Path file() {
                return file;
            }

            @Override
            public void close() {
                if (isHeld.compareAndSet(true, false)) {
                    letGo(held);
                }
            }
        };
    }

    private synchronized void letGo(Kept one) {
        one.holders--;
    }

    /** Bytes of all files. */
    synchronized long allBytes() {
        return allBytes;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

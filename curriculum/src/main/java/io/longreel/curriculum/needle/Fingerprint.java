package io.longreel.curriculum.needle;

import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * A digest of all that the result of a cell follows from. Of files the contents count, not their names or times, so that a copy is the same; of large ones the size, both ends
 * and blocks spread over the rest: weights that were trained on differ everywhere.
 */
final class Fingerprint {
    private static final long WHOLE_BYTES_MAX = 4 << 20;
    private static final int BLOCK_BYTES = 64 << 10;
    private static final int BLOCKS = 64;
    private static final int CHARACTERS = 32;
    private static final List<String> MODEL_ENDINGS = List.of(".json", ".safetensors", ".txt");

    private final MessageDigest digest;

    Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    void add(String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
    }

    /** All files of a model, by their places in its folder. */
    void addModel(Path folder) {
        try (Stream<Path> files = Files.walk(folder, 2, FileVisitOption.FOLLOW_LINKS)) {
            List<Path> sorted = files.filter(Files::isRegularFile)
                    .filter(file -> MODEL_ENDINGS.stream()
                            .anyMatch(ending -> file.toString().endsWith(ending)))
                    .sorted()
                    .toList();
            for (Path file : sorted) {
                add(folder.relativize(file).toString());
                add(file);
            }
        } catch (IOException e) {
            throw unreadable(folder, e);
        }
    }

    void add(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            long sizeBytes = channel.size();
            add(Long.toString(sizeBytes));
            if (sizeBytes <= WHOLE_BYTES_MAX) {
                addBlock(channel, 0, (int) sizeBytes);
                return;
            }
            for (int i = 0; i < BLOCKS; i++) {
                addBlock(channel, (sizeBytes - BLOCK_BYTES) / (BLOCKS - 1) * i, BLOCK_BYTES);
            }
            addBlock(channel, sizeBytes - BLOCK_BYTES, BLOCK_BYTES);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private void addBlock(FileChannel channel, long offset, int length) throws IOException {
        ByteBuffer block = ByteBuffer.allocate(length);
        while (block.hasRemaining() && channel.read(block, offset + block.position()) >= 0) {
            // Until the block is full or the file is over.
        }
        digest.update(block.flip());
    }

    private static RuntimeFailure unreadable(Path file, IOException e) {
        return new RuntimeFailure(
                RuntimeFailure.Category.DATA, "%s cannot be read: %s".formatted(file, e.getMessage()), e);
    }

    /** Ends the digest. */
    String hex() {
        return HexFormat.of().formatHex(digest.digest()).substring(0, CHARACTERS);
    }
}

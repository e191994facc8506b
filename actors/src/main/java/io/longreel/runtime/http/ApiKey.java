package io.longreel.runtime.http;

import com.sun.net.httpserver.Headers;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The key that requests must show, if any. Of the key itself only its digest is kept. Any thread. */
final class ApiKey {
    private static final Set<PosixFilePermission> OTHERS = EnumSet.of(
            PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_EXECUTE);
    private static final String BEARER = "bearer ";

    private final Optional<byte[]> digest;

    private ApiKey(Optional<byte[]> digest) {
        this.digest = digest;
    }

    /** Reads the key from the first line of a file; without a file every request is let in. */
    static ApiKey in(Optional<Path> file) {
        return new ApiKey(file.map(path -> digest(firstLine(path))));
    }

    private static String firstLine(Path file) {
        try {
            if (Files.getFileStore(file).supportsFileAttributeView("posix")
                    && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
                throw RuntimeFailure.config(
                        "the file of the API key is open to everybody on this machine: run chmod o= " + file);
            }
            String key = Files.readString(file).lines().findFirst().orElse("").strip();
            if (!key.matches("[!-~]+")) {
                throw RuntimeFailure.config(
                        "the first line of the API key's file must be of printable ASCII characters without spaces: "
                                + file);
            }
            return key;
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.CONFIG,
                    "the file of the API key cannot be read: %s: %s (longreel.serve.api-key-file)".formatted(file, e),
                    e);
        }
    }

    /** Refuses a request that does not show it. Takes as long for a key that is nearly right as for one that is all wrong. */
    void require(Headers headers) {
        if (digest.isEmpty()) {
            return;
        }
        String shown = headers.getFirst("Authorization");
        if (shown == null || !shown.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            throw Refusal.wrongKey("this server needs an API key: send the header Authorization: Bearer KEY");
        }
        if (!MessageDigest.isEqual(
                digest.get(), digest(shown.substring(BEARER.length()).strip()))) {
            throw Refusal.wrongKey("the API key is not the one of this server");
        }
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}

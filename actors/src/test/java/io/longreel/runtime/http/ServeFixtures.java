package io.longreel.runtime.http;

import io.longreel.config.ServeSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings for tests, and the smallest files that pass for media. */
final class ServeFixtures {
    /** Begins as a PNG does. */
    static final byte[] PICTURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 1, 2, 3};
    /** Begins as an MP4 does. */
    static final byte[] VIDEO = {0, 0, 0, 0x18, 'f', 't', 'y', 'p', 'i', 's', 'o', 'm', 0, 0};

    private ServeFixtures() {}

    static ServeSettings settings() {
        return settings(8, Duration.ofSeconds(30), media(List.of(), List.of()), Optional.empty());
    }

    static ServeSettings settings(
            int requestsMax, Duration requestTimeout, ServeSettings.Media media, Optional<Path> keyFile) {
        return new ServeSettings(
                "127.0.0.1", 0, 64 << 10, requestsMax, 100, 20, requestTimeout, Duration.ofMillis(200), keyFile, media);
    }

    static ServeSettings.Media media(List<Path> roots, List<String> hosts) {
        return new ServeSettings.Media(roots, true, hosts, 4, 2048, 5000, Duration.ofSeconds(5));
    }
}

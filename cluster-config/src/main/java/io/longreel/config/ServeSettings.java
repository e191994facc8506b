package io.longreel.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How questions come in over HTTP, and what they may ask for.
 *
 * @param host name or address that is bound
 * @param port 0 = any that is free
 * @param bodyBytesMax of a request's body; of all bodies together {@link #BODIES_MAX} times as many
 * @param requestsMax answered or waiting at the same time
 * @param newTokensMax of one answer
 * @param newTokensDefault of an answer whose question does not say; at most {@code newTokensMax}
 * @param requestTimeout from the first byte of a request to the last of its answer
 * @param stopTimeout how long answers may go on when the server stops
 * @param apiKeyFile file whose first line is the key that requests must show; empty: none is needed
 */
public record ServeSettings(
        String host,
        int port,
        long bodyBytesMax,
        int requestsMax,
        int newTokensMax,
        int newTokensDefault,
        Duration requestTimeout,
        Duration stopTimeout,
        Optional<Path> apiKeyFile,
        Media media) {
    /** How many bodies of the largest size are held in memory at the same time. */
    public static final int BODIES_MAX = 4;

    /**
     * Where images and videos may come from.
     *
     * @param roots folders; files below them may be named
     * @param dataUrls whether requests may bring media themselves
     * @param http hosts, HOST or HOST:PORT, from which media are fetched; lower case
     * @param countMax images and videos of one request
     * @param bytesMax of one image or video that is brought or fetched
     * @param directoryBytesMax of all that were brought or fetched, on disk; at least {@code bytesMax}
     * @param fetchTimeout for fetching one image or video
     */
    public record Media(
            List<Path> roots,
            boolean dataUrls,
            List<String> http,
            int countMax,
            long bytesMax,
            long directoryBytesMax,
            Duration fetchTimeout) {
        public Media {
            roots = List.copyOf(roots);
            http = List.copyOf(http);
        }
    }
}

package io.longreel.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads how questions come in over HTTP. Folders and files need only be there when something serves. One thread, for the duration of one load. */
final class ServeReader {
    private static final int REQUESTS_MAX = 100_000;
    private static final int MEDIA_MAX = 10_000;
    private static final long BODY_BYTES_MAX = 1L << 30;
    private static final Duration TIME_MAX = Duration.ofDays(1);

    /** A name, an IPv4 address, or an IPv6 address in brackets, and perhaps a port. */
    private static final String HOST = "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:[0-9]{1,5})?";

    private final ConfigReader section;
    private final Faults faults;

    ServeReader(ConfigReader root) {
        this.section = root.section("serve");
        this.faults = root.faults();
    }

    ServeSettings read() {
        String host = section.text("host");
        faults.require(!host.isBlank(), section, "host", "must be a host name or an address");
        int newTokensMax = section.integer("new-tokens-max", 1, Integer.MAX_VALUE);
        int newTokensDefault = section.integer("new-tokens-default", 1, Integer.MAX_VALUE);
        faults.require(
                newTokensDefault <= newTokensMax,
                section,
                "new-tokens-default",
                "must be at most new-tokens-max = %d, not %d".formatted(newTokensMax, newTokensDefault),
                section.pathOf("new-tokens-max"));
        String keyFile = section.text("api-key-file");
        return new ServeSettings(
                host,
                section.integer("port", 0, 65_535),
                section.sizeBytes("body-bytes-max", 1 << 10, BODY_BYTES_MAX),
                section.integer("requests-max", 1, REQUESTS_MAX),
                newTokensMax,
                newTokensDefault,
                time(section, "request-timeout"),
                time(section, "stop-timeout"),
                keyFile.isBlank()
                        ? Optional.empty()
                        : Optional.of(SettingsReader.path(section, "api-key-file", keyFile)),
                media(section.section("media")));
    }

    private ServeSettings.Media media(ConfigReader keys) {
        List<Path> roots = keys.texts("roots").stream()
                .map(text -> SettingsReader.path(keys, "roots", text))
                .toList();
        List<String> hosts = keys.texts("http").stream()
                .map(text -> text.toLowerCase(Locale.ROOT))
                .toList();
        for (String host : hosts) {
            if (!host.matches(HOST)) {
                keys.fault("http", "must be hosts, such as media.example.org or 10.0.0.5:8000, not " + host);
            }
        }
        long bytesMax = keys.sizeBytes("bytes-max", 1 << 10, Long.MAX_VALUE);
        long directoryBytesMax = keys.sizeBytes("directory-bytes-max", 1 << 10, Long.MAX_VALUE);
        faults.require(
                directoryBytesMax >= bytesMax,
                keys,
                "directory-bytes-max",
                "must be at least bytes-max = %s, not %s"
                        .formatted(Units.size(bytesMax), Units.size(directoryBytesMax)),
                keys.pathOf("bytes-max"));
        return new ServeSettings.Media(
                roots,
                keys.flag("data-urls"),
                hosts,
                keys.integer("count-max", 0, MEDIA_MAX),
                bytesMax,
                directoryBytesMax,
                time(keys, "fetch-timeout"));
    }

    private Duration time(ConfigReader keys, String key) {
        Duration time = keys.duration(key);
        faults.require(
                time.compareTo(TIME_MAX) <= 0,
                keys,
                key,
                "must be at most %s, not %s".formatted(Units.duration(TIME_MAX), Units.duration(time)));
        return time;
    }
}

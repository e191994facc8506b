package io.longreel.runtime.http;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.ServeSettings;
import io.longreel.curriculum.corpus.Medium;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Finds the images and videos that requests name, bring along, or want to be fetched, as far as the configuration lets them. Any thread. */
final class MediaSources implements AutoCloseable {
    private static final int TYPE_CHARS_MAX = 200;

    private final ServeSettings.Media settings;
    private final AllowedFolders folders;
    private final Uploads uploads;
    private final MediaFetcher fetcher;

    /**
     * @param folder for what is brought and fetched
     */
    MediaSources(ServeSettings.Media settings, Path folder, Alarms alarms) {
        this.settings = settings;
        this.folders = AllowedFolders.of(settings.roots());
        this.uploads = Uploads.in(folder, settings.bytesMax(), settings.directoryBytesMax());
        this.fetcher = new MediaFetcher(settings, uploads, alarms);
    }

    /**
     * An image or a video that is there.
     *
     * @param held what keeps it there; empty for the user's own files
     */
    record Found(Medium medium, Optional<Uploads.Held> held) {}

    /** Throws {@link Refusal} when there is none, or it may not be shown. */
    Found find(ChatRequest.Shown shown) throws InterruptedException {
        String url = shown.url();
        String where = shown.where();
        String scheme = url.startsWith("/")
                ? "file"
                : url.substring(0, Math.max(0, url.indexOf(':'))).toLowerCase(Locale.ROOT);
        return switch (scheme) {
            case "file" -> new Found(whole(shown.kind(), folders.find(shown.kind(), url, where)), Optional.empty());
            case "data" -> kept(shown, brought(shown.kind(), url, where));
            case "http", "https" -> kept(shown, fetcher.fetch(shown.kind(), url, where));
            default ->
                throw Refusal.invalid(
                        where,
                        "%s must be a data:, http(s): or file: URL or an absolute path, not %s"
                                .formatted(where, Refusal.shown(url)));
        };
    }

    private static Found kept(ChatRequest.Shown shown, Uploads.Held held) {
        return new Found(whole(shown.kind(), held.file()), Optional.of(held));
    }

    private static Medium whole(Medium.Kind kind, Path file) {
        return new Medium(kind, file, 0, Medium.WHOLE_FILE);
    }

    /** {@code data:TYPE;base64,BYTES} (RFC 2397). */
    private Uploads.Held brought(Medium.Kind kind, String url, String where) {
        if (!settings.dataUrls()) {
            throw Refusal.forbidden(
                    where, "%s may not be a data: URL (longreel.serve.media.data-urls)".formatted(where));
        }
        int comma = url.indexOf(',');
        String head = comma < 0 || comma > TYPE_CHARS_MAX
                ? ""
                : url.substring(5, comma).toLowerCase(Locale.ROOT);
        String wanted = kind == Medium.Kind.IMAGE ? "image/" : "video/";
        if (!head.startsWith(wanted) || !head.endsWith(";base64")) {
            throw Refusal.invalid(
                    where,
                    "%s must be data:%s...;base64,... where it is a data: URL, not data:%s"
                            .formatted(where, wanted, Refusal.shown(head)));
        }
        if ((url.length() - comma - 1) / 4 * 3L - 2 > settings.bytesMax()) {
            throw uploads.tooLarge(where);
        }
        try (InputStream bytes = new Base64Text(url, comma + 1)) {
            return uploads.put(bytes, kind, where);
        } catch (Base64Text.NotBase64 e) {
            throw Refusal.invalid(where, "%s must be base64, but: %s".formatted(where, e.getMessage()));
        } catch (IOException e) {
            throw new RuntimeFailure(
                    RuntimeFailure.Category.RETRYABLE, "%s cannot be stored: %s".formatted(where, e), e);
        }
    }

    @Override
    public void close() {
        fetcher.close();
    }
}

package io.longreel.runtime.http;

import io.longreel.config.ServeSettings;
import io.longreel.curriculum.corpus.Medium;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.util.Locale;

/**
 * Fetches media over HTTP from hosts that are allowed. Goes after a few redirects, but not to another host. The whole of it takes at most the time that is
 * set. Used from the threads of requests.
 */
final class MediaFetcher implements AutoCloseable {
    private static final int REDIRECTS_MAX = 3;

    private final ServeSettings.Media settings;
    private final AllowedHosts hosts;
    private final Uploads uploads;
    private final Alarms alarms;
    private final HttpClient client;

    MediaFetcher(ServeSettings.Media settings, Uploads uploads, Alarms alarms) {
        this.settings = settings;
        this.hosts = new AllowedHosts(settings.http());
        this.uploads = uploads;
        this.alarms = alarms;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(settings.fetchTimeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /**
     * Fetches what a URL names, and keeps it.
     *
     * @param where it stands in the request
     */
    Uploads.Held fetch(Medium.Kind kind, String text, String where) throws InterruptedException {
        if (settings.http().isEmpty()) {
            throw Refusal.forbidden(
                    where,
                    "%s may not be fetched: no host is allowed (longreel.serve.media.http); send a data: URL or a file below an allowed folder"
                            .formatted(where));
        }
        URI url = uri(text, where);
        boolean isLate;
        String cause;
        try (Alarms.Alarm alarm = alarms.set(settings.fetchTimeout())) {
            try {
                return follow(kind, url, where);
            } catch (IOException e) {
                cause = String.valueOf(e.getMessage() == null ? e : e.getMessage());
                // The client has the same time, and may be first to see that it is over.
                isLate = e instanceof HttpTimeoutException || (alarm.hasRung() && !alarm.isStop());
            } catch (InterruptedException e) {
                if (!alarm.hasRung() || alarm.isStop()) {
                    throw e;
                }
                cause = "";
                isLate = true;
            }
        }
        if (isLate) {
            cause = "it took more than %d ms (longreel.serve.media.fetch-timeout)"
                    .formatted(settings.fetchTimeout().toMillis());
        }
        throw Refusal.of(
                400,
                where,
                "media_not_fetched",
                "%s cannot be fetched from %s: %s".formatted(where, Refusal.shown(text), Refusal.shown(cause)));
    }

    private static URI uri(String text, String where) {
        try {
            URI url = new URI(text);
            if (url.getHost() != null && url.getUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException e) {
            // The line below says it.
        }
        throw Refusal.invalid(
                where,
                "%s must be a URL with a host, and without user or password: %s"
                        .formatted(where, Refusal.shown(text.replaceAll("//[^/]*@", "//***@"))));
    }

    private Uploads.Held follow(Medium.Kind kind, URI first, String where) throws IOException, InterruptedException {
        URI url = first;
        for (int i = 0; i <= REDIRECTS_MAX; i++) {
            hosts.require(url, where);
            HttpRequest request = HttpRequest.newBuilder(url)
                    .timeout(settings.fetchTimeout())
                    .header("User-Agent", "longreel")
                    .GET()
                    .build();
            HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                if (response.statusCode() == 200) {
                    return keep(kind, response, body, where);
                }
                url = redirect(url, response, where);
            }
        }
        throw new IOException("it leads from one redirect to the next");
    }

    private Uploads.Held keep(Medium.Kind kind, HttpResponse<InputStream> response, InputStream body, String where)
            throws IOException {
        if (response.headers().firstValueAsLong("Content-Length").orElse(0) > settings.bytesMax()) {
            throw uploads.tooLarge(where);
        }
        return uploads.put(body, kind, where);
    }

    private static URI redirect(URI from, HttpResponse<?> response, String where) throws IOException {
        int status = response.statusCode();
        boolean isRedirect = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        String location = response.headers().firstValue("Location").orElse("");
        if (!isRedirect || location.isEmpty()) {
            throw new IOException("the answer has status " + status);
        }
        URI to = uri(resolved(from, location.strip()).toString(), where);
        String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
        if (!(scheme.equals("http") || scheme.equals("https")) || !to.getHost().equalsIgnoreCase(from.getHost())) {
            throw new IOException("it leads to another host, which is not followed");
        }
        return to;
    }

    private static URI resolved(URI from, String location) throws IOException {
        try {
            return from.resolve(new URI(location));
        } catch (URISyntaxException e) {
            throw new IOException("it leads to something that is no URL: " + location, e);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
        client.close();
    }
}

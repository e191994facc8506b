package io.longreel.runtime.web;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;

/** The page that draws a run: some files of the jar, which ask no other host for anything, and may not. Immutable, any thread. */
final class Page {
    private record Asset(String resource, String contentType) {}

    private static final Map<String, Asset> ASSETS = Map.of(
            "/", new Asset("board.html", "text/html; charset=utf-8"),
            "/board.css", new Asset("board.css", "text/css; charset=utf-8"),
            "/board.js", new Asset("board.js", "text/javascript; charset=utf-8"),
            "/mesh.js", new Asset("mesh.js", "text/javascript; charset=utf-8"),
            "/controls.js", new Asset("controls.js", "text/javascript; charset=utf-8"),
            "/timeline.js", new Asset("timeline.js", "text/javascript; charset=utf-8"),
            "/charts.js", new Asset("charts.js", "text/javascript; charset=utf-8"));

    /** Whatever text may come with the news, no script of it runs, and nothing of it leaves. */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Page() {}

    /** Whether a path was one of the page's, and is answered. */
    static boolean answers(HttpExchange exchange, String path) throws IOException {
        Optional<Asset> asset = Optional.ofNullable(ASSETS.get(path));
        if (asset.isEmpty()) {
            return false;
        }
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Security-Policy", POLICY);
        headers.set("Referrer-Policy", "no-referrer");
        new Response(exchange)
                .send(200, asset.get().contentType(), bytes(asset.get().resource()));
        return true;
    }

    private static byte[] bytes(String resource) throws IOException {
        try (InputStream in = Page.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the jar must have %s beside %s".formatted(resource, Page.class));
            }
            return in.readAllBytes();
        }
    }
}

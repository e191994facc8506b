package io.longreel.chaos.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** A browser without a window, driven by its own DevTools protocol. For one thread; closing it ends the browser. */
final class Chromium implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome");

    private final Process browser;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger number = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    /** What the page's scripts could not do. */
    private final List<String> faults = new ArrayList<>();

    private String session = "";

    private Chromium(Process browser, String url) {
        this.browser = browser;
        this.socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(url), new Listener())
                .orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS)
                .join();
    }

    /** The browser of this machine; where it has none, root on a Debian-like system gets the package. Empty where there is none after that. */
    static Optional<String> find() {
        Optional<String> found = NAMES.stream().filter(Chromium::isThere).findFirst();
        if (found.isEmpty() && "root".equals(System.getProperty("user.name")) && isThere("apt-get")) {
            System.err.println("installing the package chromium, which the test of the page needs"); // it takes a while
            run("apt-get", "install", "-y", "--no-install-recommends", "chromium");
            found = NAMES.stream().filter(Chromium::isThere).findFirst();
        }
        return found;
    }

    private static boolean isThere(String program) {
        return run("sh", "-c", "command -v " + program) == 0;
    }

    private static int run(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(10, TimeUnit.MINUTES) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    /** @param profile an empty folder */
    static Chromium start(String program, Path profile) {
        try {
            Process browser = new ProcessBuilder(
                            program,
                            "--headless=new",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--no-first-run",
                            "--remote-debugging-port=0",
                            "--user-data-dir=" + profile,
                            "--window-size=1240,1500",
                            "about:blank")
                    .redirectErrorStream(true)
                    .redirectOutput(profile.resolve("chromium.log").toFile())
                    .start();
            Path portFile = profile.resolve("DevToolsActivePort");
            BoundedWait.until(
                    "the browser's port",
                    LIMIT,
                    () -> linesOf(portFile).size() >= 2 || !browser.isAlive(),
                    () -> String.join("\n", linesOf(profile.resolve("chromium.log"))));
            List<String> lines = linesOf(portFile);
            return new Chromium(browser, "ws://127.0.0.1:%s%s".formatted(lines.get(0), lines.get(1)));
        } catch (IOException e) {
            throw new UncheckedIOException("no browser: " + program, e);
        }
    }

    private static List<String> linesOf(Path file) {
        try {
            return Files.exists(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            return List.of(); // it is being written
        }
    }

    /** Opens a page in a tab of its own, and waits until its scripts are there. {@code scheme} is light or dark. */
    void open(String url, String scheme) {
        session = "";
        String target = call("Target.createTarget", JSON.createObjectNode().put("url", "about:blank"))
                .path("targetId")
                .asText();
        session = call(
                        "Target.attachToTarget",
                        JSON.createObjectNode().put("targetId", target).put("flatten", true))
                .path("sessionId")
                .asText();
        call("Runtime.enable", JSON.createObjectNode());
        call("Page.enable", JSON.createObjectNode());
        ObjectNode media = JSON.createObjectNode();
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", scheme);
        call("Emulation.setEmulatedMedia", media);
        call("Page.navigate", JSON.createObjectNode().put("url", url));
        await("location.href !== 'about:blank' && document.readyState === 'complete'");
    }

    /** What an expression of the page is, as text; promises are waited for. */
    String value(String expression) {
        JsonNode result = call(
                "Runtime.evaluate",
                JSON.createObjectNode()
                        .put("expression", "String(" + expression + ")")
                        .put("awaitPromise", true)
                        .put("returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + result.path("exceptionDetails"));
        }
        return result.path("result").path("value").asText();
    }

    void await(String expression) {
        BoundedWait.until(
                expression,
                LIMIT,
                () -> value(expression).equals("true"),
                () -> value("document.body.innerText") + faults());
    }

    /** Presses a key, as a person does. */
    void press(String key, int code, String text) {
        for (String type : List.of("keyDown", "keyUp")) {
            ObjectNode event = JSON.createObjectNode()
                    .put("type", type)
                    .put("key", key)
                    .put("code", key)
                    .put("windowsVirtualKeyCode", code);
            if (!text.isEmpty() && type.equals("keyDown")) {
                event.put("text", text);
            }
            call("Input.dispatchKeyEvent", event);
        }
    }

    /** Clicks with the mouse into the middle of an element. */
    void click(String id) {
        String box = value(
                "(() => { const b = document.getElementById('%s').getBoundingClientRect(); return `${b.x + b.width / 2} ${b.y + b.height / 2}`; })()"
                        .formatted(id));
        String[] at = box.split(" ");
        for (String type : List.of("mousePressed", "mouseReleased")) {
            call(
                    "Input.dispatchMouseEvent",
                    JSON.createObjectNode()
                            .put("type", type)
                            .put("x", Double.parseDouble(at[0]))
                            .put("y", Double.parseDouble(at[1]))
                            .put("button", "left")
                            .put("clickCount", 1));
        }
    }

    /** A picture of the whole page. */
    void screenshot(Path file) throws IOException {
        JsonNode taken = call(
                "Page.captureScreenshot",
                JSON.createObjectNode().put("format", "png").put("captureBeyondViewport", true));
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(taken.path("data").asText()));
    }

    /** What scripts of the pages could not do so far. */
    String faults() {
        synchronized (faults) {
            return String.join("\n", faults);
        }
    }

    private JsonNode call(String method, ObjectNode parameters) {
        int id = number.incrementAndGet();
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", parameters);
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        socket.sendText(message.toString(), true).join();
        try {
            JsonNode got = answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            if (got.has("error")) {
                throw new AssertionError(method + ": " + got.path("error"));
            }
            return got.path("result");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the browser does not answer: " + method, e);
        }
    }

    private void hear(JsonNode message) {
        CompletableFuture<JsonNode> asked = answers.remove(message.path("id").asInt(-1));
        if (asked != null) {
            asked.complete(message);
        } else if (message.path("method").asText().equals("Runtime.exceptionThrown")) {
            synchronized (faults) {
                faults.add(message.path("params").toString());
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
        List<ProcessHandle> all = browser.descendants().toList();
        browser.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
    }

    /** Puts the parts of a message together. */
    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                try {
                    hear(JSON.readTree(text.toString()));
                } catch (IOException e) {
                    throw new UncheckedIOException("the browser must speak JSON", e);
                } finally {
                    text.setLength(0);
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }
}

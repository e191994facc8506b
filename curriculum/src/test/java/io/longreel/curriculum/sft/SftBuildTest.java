package io.longreel.curriculum.sft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class SftBuildTest {
    private static final ActorSystem<Void> SYSTEM = ActorSystem.create(Behaviors.empty(), "sft");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<StubEndpoint.Fault> CAPTIONER_FAULTS = List.of(
            StubEndpoint.Fault.TOO_MANY_REQUESTS,
            StubEndpoint.Fault.SERVER_ERROR,
            StubEndpoint.Fault.CUT_OFF,
            StubEndpoint.Fault.NO_JSON,
            StubEndpoint.Fault.HANG);

    private final Path folder;
    private final Path media;
    private final VirtualTime time = new VirtualTime();
    private final StubEndpoint endpoint;
    private final List<String> skipped = new ArrayList<>();
    private long timeoutMs = 10_000;

    SftBuildTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        this.media = folder.resolve("media");
        Files.createDirectories(media.resolve("deeper"));
        this.endpoint = new StubEndpoint();
    }

    @AfterAll
    static void terminate() {
        SYSTEM.terminate();
    }

    @BeforeEach
    void film() {
        ShotFootage.write(media.resolve("deeper/b.mp4"), 1, 70, 90, 60);
        ShotFootage.write(media.resolve("a.mkv"), 2, 80, 50);
    }

    @AfterEach
    void stopServer() {
        endpoint.close();
    }

    @Test
    void shouldMakeTheSameSetWhateverGoesWrongOnTheWay() throws IOException {
        SftReport clean = build("clean", progress -> {});
        assertEquals(2, clean.videos());
        assertEquals(5, clean.clips());
        assertEquals(5 + 2, clean.samples());
        assertEquals(7, clean.requests());

        timeoutMs = 300;
        endpoint.failing(StubEndpoint.CAPTIONER, CAPTIONER_FAULTS.toArray(StubEndpoint.Fault[]::new))
                .failing(StubEndpoint.WRITER, StubEndpoint.Fault.BAD_PAIRS);
        SftReport rough = build("rough", progress -> {});
        EnumSet<StubEndpoint.Fault> all = EnumSet.copyOf(CAPTIONER_FAULTS);
        all.add(StubEndpoint.Fault.BAD_PAIRS);
        assertEquals(all, endpoint.fired());
        assertEquals(List.of(), endpoint.wrong());
        assertTrue(time.pauses().stream().anyMatch(ms -> ms >= 7_000), time.pauses()::toString);
        assertEquals(7 + 6, rough.requests());
        assertEquals(Files.readString(dataset("clean")), Files.readString(dataset("rough")));
    }

    @Test
    void shouldWriteSamplesAsLlavaHasThem() throws IOException {
        build("out", progress -> {});
        List<String> lines = Files.readAllLines(dataset("out"));
        JsonNode summary = JSON.readTree(lines.getFirst());
        assertEquals("a.mkv-00", summary.path("id").asText());
        assertEquals("a.mkv", summary.path("video").asText());
        assertEquals("Summary", summary.path("kind").asText());
        assertEquals(
                "captions by eye-1, questions by pen-1", summary.path("source").asText());
        assertTrue(summary.path("conversations").path(0).path("value").asText().startsWith("<video>\n"));
        assertEquals(
                "2 clips.", summary.path("conversations").path(1).path("value").asText());
        JsonNode last = JSON.readTree(lines.getLast());
        assertEquals("deeper/b.mp4", last.path("video").asText());
        assertEquals("human", last.path("conversations").path(0).path("from").asText());
        assertTrue(
                last.path("conversations").path(1).path("value").asText().startsWith("From 00:20 to 00:28 the red is"),
                last::toString);
        String configuration = Files.readString(folder.resolve("out/dataset.conf"));
        assertTrue(configuration.contains("longreel.data.datasets.films {\n  format = llava\n"), configuration);
        assertTrue(configuration.contains("media = \"" + media.toRealPath() + "\""), configuration);
        String build = Files.readString(folder.resolve("out/build.json"));
        assertEquals(7, JSON.readTree(build).path("samples").path("written").asInt());
        assertFalse(build.contains(StubEndpoint.KEY));
    }

    @Test
    void shouldCaptionNoClipTwiceWhenStoppedAndRunAgain() throws IOException {
        build("whole", progress -> {});
        int whole = endpoint.requests();
        CompletableFuture<SftBuild.Running> running = new CompletableFuture<>();
        running.complete(start("halved", 1, progress -> {
            if (progress.clipsAsked() >= 2) {
                CompletableFuture<Void> stopped = running.thenAccept(SftBuild.Running::stop);
                assertFalse(stopped.isCompletedExceptionally());
            }
        }));
        CompletionException thrown = assertThrows(
                CompletionException.class,
                () -> running.join().report().toCompletableFuture().join());
        assertInstanceOf(CancellationException.class, thrown.getCause());
        assertFalse(Files.exists(dataset("halved")));
        // What a machine leaves that went down while it wrote.
        Files.writeString(folder.resolve("halved/captions.jsonl"), "{\"key\": \"ab", StandardOpenOption.APPEND);

        SftReport resumed = build("halved", progress -> {});
        assertTrue(resumed.clipsAsked() <= 3, resumed::toString);
        assertEquals(Files.readString(dataset("whole")), Files.readString(dataset("halved")));
        assertTrue(endpoint.captions().values().stream().allMatch(times -> times == 2), endpoint.captions()::toString);
        assertEquals(2 * whole, endpoint.requests());

        assertEquals(2, build("halved", progress -> {}).videosReused());
        assertEquals(2 * whole, endpoint.requests());
    }

    @Test
    void shouldAskAgainForAVideoThatHasChanged() {
        build("out", progress -> {});
        ShotFootage.write(media.resolve("a.mkv"), 3, 70, 50);
        SftReport report = build("out", progress -> {});
        assertEquals(1, report.videosReused());
        assertEquals(2, report.clipsAsked());
    }

    @Test
    void shouldEndWithOneLineWhenTheKeyIsWrong() {
        endpoint.failing(StubEndpoint.CAPTIONER, StubEndpoint.Fault.WRONG_KEY);
        RuntimeFailure failure = failure();
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains("answered 401"), failure::getMessage);
        assertEquals(1, failure.getMessage().lines().count());
    }

    @Test
    void shouldLeaveOutVideosThatCannotBeUsed() throws IOException {
        byte[] whole = Files.readAllBytes(media.resolve("a.mkv"));
        Files.write(media.resolve("a.mkv"), Arrays.copyOf(whole, whole.length / 2));
        assertEquals(1, build("out", progress -> {}).videos());
        assertEquals(1, skipped.size());
        assertTrue(skipped.getFirst().contains("a.mkv"), skipped::toString);

        endpoint.failing(StubEndpoint.WRITER, StubEndpoint.Fault.BAD_PAIRS, StubEndpoint.Fault.BAD_PAIRS);
        Files.delete(folder.resolve("out/records.jsonl"));
        RuntimeFailure failure = failure();
        assertEquals(RuntimeFailure.Category.DATA, failure.category());
        assertTrue(failure.getMessage().contains("no video could be used"), failure::getMessage);
        assertTrue(skipped.getLast().contains("the writer's answer cannot be used"), skipped::toString);
        assertEquals(
                2,
                JSON.readTree(folder.resolve("out/build.json").toFile())
                        .path("failures")
                        .size());
    }

    @Test
    void shouldSayThatTheModelWasAwayWhenNothingCameOfThat() throws IOException {
        Files.delete(media.resolve("a.mkv"));
        StubEndpoint.Fault[] always = new StubEndpoint.Fault[18];
        Arrays.fill(always, StubEndpoint.Fault.SERVER_ERROR);
        endpoint.failing(StubEndpoint.CAPTIONER, always);
        assertEquals(RuntimeFailure.Category.RETRYABLE, failure().category());
        assertTrue(skipped.getFirst().contains("has no caption: model eye-1"), skipped::toString);
        assertTrue(skipped.getFirst().endsWith("answered 500 (attempt 6 of 6)"), skipped::toString);
    }

    @Test
    void shouldLetOneBuildIntoAFolder() throws IOException {
        try (BuildStore store = BuildStore.open(folder.resolve("out"))) {
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> build("out", progress -> {}));
            assertTrue(failure.getMessage().contains("another build"), failure::getMessage);
            assertEquals(Optional.empty(), store.takeCaption("none"));
        }
    }

    private RuntimeFailure failure() {
        return assertInstanceOf(
                RuntimeFailure.class,
                assertThrows(CompletionException.class, () -> build("out", progress -> {}))
                        .getCause());
    }

    private Path dataset(String out) {
        return folder.resolve(out).resolve("dataset.jsonl");
    }

    private SftReport build(String out, Consumer<SftProgress> listener) {
        return start(out, 3, listener).report().toCompletableFuture().join();
    }

    private SftBuild.Running start(String out, int parallel, Consumer<SftProgress> listener) {
        SftSettings settings = new SftSettings(
                List.of(media),
                Optional.empty(),
                folder.resolve(out),
                "films",
                new SftSettings.Cutting(10, 0.3),
                new SftSettings.Looking(4, 64),
                new SftSettings.Asking(parallel, 6, 0, 200, 1000, 0.2));
        OpenAiChat captioner = chat(StubEndpoint.CAPTIONER);
        OpenAiChat writer = chat(StubEndpoint.WRITER);
        SftBuild.Running running = SftBuild.start(
                settings,
                Prompts.builtIn(),
                captioner,
                writer,
                new SftBuild.Seams(time, new SplittableRandom(3), time),
                new SftListener() {
                    @Override
                    public void progressed(SftProgress progress) {
                        listener.accept(progress);
                    }

                    @Override
                    public void skipped(Path video, String reason) {
                        skipped.add(video + ": " + reason);
                    }
                },
                SYSTEM);
        running.report().whenComplete((report, failure) -> {
            captioner.close();
            writer.close();
        });
        return running;
    }

    private OpenAiChat chat(String model) {
        return OpenAiChat.of(endpoint.base(), model, Optional.of(StubEndpoint.KEY), Duration.ofMillis(timeoutMs), time);
    }
}

package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.longreel.chaos.process.ChildJvm.Outcome;
import io.longreel.config.DataSettings.GeneratedFootage;
import io.longreel.config.RunConfigLoader;
import io.longreel.curriculum.footage.FootageGenerator;
import io.longreel.model.checkpoint.ModelContents;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.SkippedSample;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole runs on datasets that a user brings, and the tiny twins of the presets that would train on them. */
final class DatasetsIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int SIGTERMED = 143;
    private static final int RECORDS = 12;
    /** Of the records: one is malformed, one misses its image. */
    private static final List<Integer> DAMAGED = List.of(4, 9);

    private static final int STEPS = 8;
    private static final int SAMPLES = 3;

    @TempDir
    Path folder;

    static Stream<String> twins() {
        return RunConfigLoader.presets().stream().filter(name -> name.endsWith("-tiny"));
    }

    /** Every stage of every preset with the paper's values, at the size of its twin, leaves a model and what it scored. */
    @ParameterizedTest
    @MethodSource("twins")
    void shouldTrainTheTwinOfEachPresetToItsEnd(String twin) {
        ObservedRun run = new ObservedRun(folder.resolve(twin));
        train(run, twin);
        List<String> stages = run.journal(JournalEntry.StageEnded.class).stream()
                .map(JournalEntry.StageEnded::name)
                .toList();
        assertEquals(
                RunConfigLoader.load(twin, List.of()).stages().stream()
                        .map(stage -> stage.name())
                        .toList(),
                stages);
        stages.subList(0, stages.size() - 1).forEach(stage -> {
            // Names, shapes and types of all tensors are those that the configuration files promise.
            assertTrue(
                    ModelContents.read(run.root().resolve("models").resolve(stage))
                                    .parameters()
                            > 0,
                    stage);
            assertEquals(
                    stage.startsWith("4-"),
                    Files.exists(run.root().resolve("models").resolve(stage).resolve("adapter/adapter_config.json")),
                    stage);
        });
        assertTrue(ModelContents.read(run.root().resolve("model")).parameters() > 0);
        assertTrue(Files.exists(run.root().resolve("needle-final.json")));
        assertTrue(run.losses().stream().allMatch(Double::isFinite), () -> "losses=" + run.losses());
    }

    @Test
    void shouldSeeEachRecordOnceWhenInterruptedAndResumed() throws IOException {
        Path conf = conf(writeRecords());
        ObservedRun whole = new ObservedRun(folder.resolve("whole"));
        train(whole, conf.toString());
        assertEquals(STEPS, whole.losses().size());
        assertTwoEpochs(whole);

        ObservedRun run = new ObservedRun(folder.resolve("interrupted"));
        try (ChildJvm child = ChildJvm.start(
                folder, "train", conf.toString(), "--out", run.root().toString())) {
            BoundedWait.until(
                    "two steps",
                    LIMIT,
                    () -> run.committedSteps() >= 2 || !child.isAlive(),
                    () -> child.story() + run.story());
            child.terminate();
            Outcome stopped = child.outcome(LIMIT);
            assertEquals(SIGTERMED, stopped.exitCode(), () -> child.story() + run.story());
        }
        assertTrue(run.committedSteps() < STEPS, "the signal came too late");
        try (ChildJvm child = ChildJvm.start(folder, "resume", run.root().toString())) {
            Outcome outcome = child.outcome(LIMIT);
            assertEquals(0, outcome.exitCode(), () -> child.story() + run.story());
        }
        assertEquals(whole.losses(), run.losses(), "the same records in the same order, to the bit");
        assertTwoEpochs(run);
    }

    /** Each record's turn comes once an epoch: those that cannot be used are named once in each. */
    private static void assertTwoEpochs(ObservedRun run) {
        TreeMap<Integer, Integer> times = new TreeMap<>();
        run.journal(JournalEntry.StepCommitted.class).stream()
                .flatMap(step -> step.skipped().stream())
                .map(SkippedSample::record)
                .forEach(record -> times.merge(record, 1, Integer::sum));
        assertEquals(DAMAGED, List.copyOf(times.keySet()), run::story);
        assertEquals(List.of(2, 2), List.copyOf(times.values()), run::story);
    }

    private Path writeRecords() throws IOException {
        Path media = Files.createDirectories(folder.resolve("media"));
        FootageGenerator.ensure(media.resolve("v.mp4"), new GeneratedFootage(40, 64, 48, 8), 1);
        for (int i = 0; i < 3; i++) {
            BufferedImage image = new BufferedImage(50 + 9 * i, 40, BufferedImage.TYPE_INT_RGB);
            for (int x = 0; x < image.getWidth(); x++) {
                for (int y = 0; y < image.getHeight(); y++) {
                    image.setRGB(x, y, ((x * 5) << 16) + ((y * 6) << 8) + 70 * i);
                }
            }
            ImageIO.write(image, "png", media.resolve("p" + i + ".png").toFile());
        }
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            String medium = i % 3 == 0 ? "\"video\": \"v.mp4\"" : "\"image\": \"p%d.png\"".formatted(i % 3);
            lines.add(
                    "{%s, \"conversations\": [{\"from\": \"human\", \"value\": \"Which one?\"}, {\"from\": \"gpt\", \"value\": \"Number %d.\"}]}"
                            .formatted(medium, i));
        }
        lines.set(4, lines.get(4).replace("p1.png", "gone.png"));
        lines.set(9, lines.get(9).substring(0, 40));
        return Files.write(folder.resolve("set.jsonl"), lines);
    }

    private Path conf(Path records) throws IOException {
        return Files.writeString(
                folder.resolve("own.conf"), """
                include required(classpath("conf/library/tiny-twin.conf"))
                longreel {
                  data {
                    datasets.own { files = ["%s"], media = "%s" }
                    damaged = skip
                  }
                  stages = [
                    { name = sft, context-tokens-max = 512
                      phases = [{ steps = %d, samples-per-step = %d, warmup-steps = 1, source { kind = dataset, mixture = own, frames-max = 4 } }] }
                  ]
                }
                """.formatted(records, folder.resolve("media"), STEPS, SAMPLES));
    }

    /** Videos to a set of questions by models behind an endpoint, and a run that learns from it. */
    @Test
    void shouldTrainOnWhatTheBuilderMade() throws IOException {
        Path videos = videos();
        Path set = folder.resolve("set");
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", DatasetsIT::answer);
        server.start();
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
        try (ChildJvm child = ChildJvm.start(
                folder,
                Stream.of(
                                "data build-sft",
                                videos.toString(),
                                "--frames 2 --side 64 --name built --captioner",
                                url,
                                "--captioner-model eye --writer",
                                url,
                                "--writer-model pen --out",
                                set.toString())
                        .flatMap(words -> Stream.of(words.split(" ")))
                        .toArray(String[]::new))) {
            Outcome outcome = child.outcome(LIMIT);
            assertEquals(0, outcome.exitCode(), child::story);
        } finally {
            server.stop(0);
        }
        Path conf = Files.writeString(folder.resolve("built.conf"), """
                include required(classpath("conf/library/tiny-twin.conf"))
                include required(file("%s"))
                longreel.stages = [
                  { name = sft, context-tokens-max = 1024
                    phases = [{ steps = 3, samples-per-step = 2, warmup-steps = 1, source { kind = dataset, mixture = built, frames-max = 16, frames-per-second-max = 2 } }] }
                ]
                """.formatted(set.resolve("dataset.conf")));
        ObservedRun run = new ObservedRun(folder.resolve("run"));
        train(run, conf.toString());
        assertEquals(3, run.losses().size());
        assertTrue(run.losses().stream().allMatch(Double::isFinite), () -> "losses=" + run.losses());
    }

    /** The real videos where they are there, else one that the program makes. */
    private Path videos() throws IOException {
        Path real = Path.of("..", "..", "shared", "videos").toAbsolutePath().normalize();
        if (Files.isDirectory(real)) {
            return real;
        }
        System.out.println("the set is built of generated footage: there is no folder " + real);
        Path made = Files.createDirectories(folder.resolve("videos"));
        FootageGenerator.ensure(made.resolve("v.mp4"), new GeneratedFootage(96, 64, 48, 8), 1);
        return made;
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String request = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String text = request.contains("data:image/jpeg")
                    ? "A bird sits on a hand."
                    : "{\\\"summary\\\": \\\"A bird.\\\", \\\"questions\\\": [{\\\"kind\\\": \\\"Object\\\", \\\"question\\\": \\\"What sits?\\\", \\\"answer\\\": \\\"A bird.\\\"}]}";
            byte[] body = "{\"choices\": [{\"message\": {\"content\": \"%s\"}}]}"
                    .formatted(text)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private void train(ObservedRun run, String conf) {
        try (ChildJvm child =
                ChildJvm.start(folder, "train", conf, "--out", run.root().toString())) {
            Outcome outcome = child.outcome(LIMIT);
            assertEquals(0, outcome.exitCode(), () -> child.story() + run.story());
        }
    }
}

package io.longreel.chaos.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.chaos.process.ChildJvm.Outcome;
import io.longreel.curriculum.video.VideoWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a user can get wrong. Each time: exit code 2, one line on stderr that says what is wrong, where, and what to do, and no file that was
 * not there before.
 */
final class BadInputIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String INCUBATOR_WARNING = "WARNING: Using incubator modules: jdk.incubator.vector";
    private static final String GOLDEN = "gqa-even";

    @TempDir
    Path folder;

    @Test
    void shouldSuggestTheKeyWhenOneIsUnknown() throws IOException {
        Path file = Files.writeString(
                folder.resolve("mine.conf"),
                "include required(classpath(\"conf/tiny.conf\"))\nlongreel.mesh.ulises = 2\n");
        refuses(List.of("mine.conf:2", "mesh.ulises", "did you mean ulysses"), "train", file.toString());
    }

    @Test
    void shouldNameTheUnitsWhenOneIsWrong() {
        refuses(
                List.of("cluster.join-timeout", "5 parsecs"),
                "train",
                "tiny",
                "--set",
                "cluster.join-timeout=5 parsecs");
    }

    @Test
    void shouldSayWhatFitsWhenTheMeshDoesNot() {
        refuses(
                List.of("mesh.ring=3", "nodes * ranks-per-node = 2 * 2 = 4", "work: data=1 ring=2 ulysses=2 or "),
                "train",
                "tiny",
                "--set",
                "mesh.ring=3");
    }

    @Test
    void shouldOfferMeshesWhenAGroupOfTheInnerAxisStraddlesNodes() {
        refuses(
                List.of("mesh.ring", "straddle nodes", "ring=4 ranks-per-node=2", "work: data=1 ring=4 ulysses=1 or "),
                "train",
                "tiny",
                "--set",
                "mesh={ring=4, ulysses=1, inner=ring}");
    }

    @Test
    void shouldOfferMeshesWhenAStepHasFewerSamplesThanReplicas() {
        refuses(
                List.of("samples-per-step=2", "data=4", "work: data=2 ring=1 ulysses=2 or "),
                "train",
                "tiny",
                "--set",
                "mesh={data=4, ring=1, ulysses=1}");
    }

    @Test
    void shouldOfferMeshesWhenTheModelHasFewerHeadsThanTheMeshHasUlyssesRanks() {
        refuses(
                List.of("mesh.ulysses", "ulysses=8 heads=4", "work: data=1 ring=2 ulysses=4 or "),
                "train",
                "tiny",
                "--set",
                "cluster={nodes=1, ranks-per-node=8}",
                "--set",
                "mesh={ring=1, ulysses=8}");
    }

    @Test
    void shouldOfferMeshesWhenTheCheckpointHasFewerHeadsThanTheMeshHasUlyssesRanks() {
        refuses(
                List.of("mesh.ulysses", "ulysses=8 heads=4", GOLDEN, "work: data=1 ring=2 ulysses=4 or "),
                "seed",
                "tiny",
                "--set",
                "cluster={nodes=1, ranks-per-node=8}",
                "--set",
                "mesh={ring=1, ulysses=8}",
                "--set",
                "model.checkpoint=\"" + Goldens.checkpoint(GOLDEN) + "\"");
    }

    @Test
    void shouldNameTheFileWhenAVideoIsMissing() {
        refuses(List.of("data.footage", "nowhere.mp4"), "train", "tiny", "--set", "data.footage=[nowhere.mp4]");
    }

    @Test
    void shouldNameTheFileWhenAVideoIsText() throws IOException {
        Path text = Files.writeString(folder.resolve("text.mp4"), "this is no video\n".repeat(100));
        refuses(List.of("text.mp4"), "train", "tiny", "--set", "data.footage=[\"" + text + "\"]");
    }

    @Test
    void shouldNameTheFileWhenAVideoIsCutOff() throws IOException {
        Path video = folder.resolve("cut-off.mp4");
        try (VideoWriter writer = VideoWriter.create(video, VideoWriter.Settings.of(64, 48, 30))) {
            for (int frame = 0; frame < 60; frame++) {
                byte[] rgb = new byte[64 * 48 * 3];
                Arrays.fill(rgb, (byte) frame);
                writer.write(rgb);
            }
            writer.finish();
        }
        byte[] whole = Files.readAllBytes(video);
        Files.write(video, Arrays.copyOf(whole, whole.length / 2));
        refuses(List.of("cut-off.mp4"), "train", "tiny", "--set", "data.footage=[\"" + video + "\"]");
    }

    @Test
    void shouldNameTheTensorWhenACheckpointLacksIt() {
        Path damaged = Goldens.damaged(
                GOLDEN, folder.resolve("model"), "llm", "\"model.norm.weight\"", "\"model.worn.weight\"");
        refuses(List.of("model.norm.weight", "[64]", "llm", "config.json"), forward(damaged, Goldens.batch(GOLDEN)));
    }

    @Test
    void shouldNameBothShapesWhenATensorHasTheWrongOne() {
        Path damaged = Goldens.damaged(
                GOLDEN, folder.resolve("model"), "mm_projector", "\"shape\":[64,192]", "\"shape\":[192,64]");
        refuses(
                List.of("layers.2.weight", "[192, 64]", "[64, 192]"),
                "train",
                "tiny",
                "--set",
                "model.checkpoint=\"" + damaged + "\"");
    }

    @Test
    void shouldNameThePortWhenItIsInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            refuses(List.of("127.0.0.1:" + port, "seed-port"), "train", "tiny", "--set", "cluster.seed-port=" + port);
        }
    }

    @Test
    void shouldNameTheSeedWhenItCannotBeReached() {
        refuses(
                List.of("127.0.0.1:1"),
                "worker",
                "--seed",
                "127.0.0.1:1",
                "--join-timeout",
                "2",
                "--log",
                folder.resolve("worker.log").toString());
    }

    @Test
    void shouldLeaveTheDirectoryAloneWhenSomebodyElseUsesIt() throws IOException {
        Path out = Files.createDirectory(folder.resolve("out"));
        Files.writeString(out.resolve("thesis.txt"), "mine");
        Outcome outcome = run("train", "tiny", "--out", out.toString());
        assertOneLine(outcome, List.of(out.toString(), "not empty", "--out"));
        assertEquals("mine", Files.readString(out.resolve("thesis.txt")));
        assertEquals(List.of("thesis.txt"), names(out));
    }

    @Test
    void shouldListCommandsWhenOneIsUnknown() {
        refuses(List.of("'trian'", "did you mean train"), "trian", "tiny");
    }

    @Test
    void shouldPointToHelpWhenAnOptionIsUnknown() {
        refuses(List.of("'--ouput'", "did you mean --out"), "train", "tiny", "--ouput", "x");
    }

    @Test
    void shouldSayHowManyHeadsThereAreWhenTheMeshHasMoreUlyssesRanks() {
        List<String> arguments =
                new ArrayList<>(Arrays.asList(forward(Goldens.checkpoint(GOLDEN), Goldens.batch(GOLDEN))));
        arguments.addAll(List.of("--mesh", "ring=1,ulysses=5"));
        refuses(List.of("ulysses=5 heads=4", "work: ring=1,ulysses=4 or "), arguments.toArray(String[]::new));
    }

    @Test
    void shouldShowHowAMeshIsWrittenWhenAnAxisIsUnknownOrNamedTwice() {
        for (String mesh : List.of("ring=2,inner=data", "ring=2,ring=4", "ring=0", "data=2")) {
            List<String> arguments =
                    new ArrayList<>(Arrays.asList(forward(Goldens.checkpoint(GOLDEN), Goldens.batch(GOLDEN))));
            arguments.addAll(List.of("--mesh", mesh));
            refuses(List.of("--mesh", "ring=R,ulysses=U", "'" + mesh + "'"), arguments.toArray(String[]::new));
        }
    }

    @Test
    void shouldNameTheFileWhenABatchIsBroken() throws IOException {
        Path batch = folder.resolve("broken.safetensors");
        byte[] whole = Files.readAllBytes(Goldens.batch(GOLDEN));
        Files.write(batch, Arrays.copyOf(whole, whole.length / 2));
        refuses(List.of("broken.safetensors"), forward(Goldens.checkpoint(GOLDEN), batch));
    }

    private String[] forward(Path checkpoint, Path batch) {
        return new String[] {
            "forward",
            "--checkpoint",
            checkpoint.toString(),
            "--batch",
            batch.toString(),
            "--out",
            folder.resolve("out.safetensors").toString()
        };
    }

    /** Runs a command that must fail, and asserts that it left nothing; a run writes to the default {@code runs/NAME}. */
    private void refuses(List<String> words, String... arguments) {
        List<String> before = names(folder);
        Outcome outcome = run(arguments);
        assertOneLine(outcome, words);
        List<String> left = new ArrayList<>(names(folder));
        left.removeAll(before);
        left.remove("worker.log"); // asked for by name
        left.removeIf(name -> name.equals("runs") && names(folder.resolve(name)).isEmpty());
        assertEquals(List.of(), left, "files that were not there before");
    }

    private Outcome run(String... arguments) {
        try (ChildJvm child = ChildJvm.start(folder, arguments)) {
            return child.outcome(LIMIT);
        }
    }

    private static void assertOneLine(Outcome outcome, List<String> words) {
        List<String> lines = outcome.err()
                .lines()
                .filter(line -> !line.equals(INCUBATOR_WARNING))
                .toList();
        String story =
                "exitCode=%d%n--- stdout%n%s--- stderr%n%s".formatted(outcome.exitCode(), outcome.out(), outcome.err());
        assertEquals(2, outcome.exitCode(), story);
        assertEquals(1, lines.size(), story);
        assertTrue(lines.getFirst().startsWith("longreel: "), story);
        assertFalse(lines.getFirst().contains("Exception"), story);
        words.forEach(word -> assertTrue(lines.getFirst().contains(word), () -> "must say " + word + ": " + story));
    }

    private static List<String> names(Path directory) {
        try (Stream<Path> children = Files.list(directory)) {
            return children.map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("folder cannot be listed: " + directory, e);
        }
    }
}

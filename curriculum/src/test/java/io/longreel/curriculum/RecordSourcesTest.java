package io.longreel.curriculum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.dataset.Sample;
import io.longreel.curriculum.records.SkippedRecord;
import io.longreel.curriculum.text.ByteTokenizer;
import io.longreel.curriculum.text.TestTokenizer;
import io.longreel.curriculum.text.TextForm;
import io.longreel.curriculum.video.VideoReader;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Datasets in real files, from the configuration to packed batches. */
final class RecordSourcesTest {
    private static final int RECORDS = 11;
    private static final int STEPS = 8;
    private static final int SAMPLES = 3;

    @TempDir
    Path folder;

    private Path video;

    /** Eleven records: images, a video of 30 frames, several images, several turns, text alone. */
    @BeforeEach
    void write() throws IOException {
        video = TestFootage.generated(folder, 30, 4);
        Path media = Files.createDirectories(folder.resolve("media"));
        Files.copy(video, media.resolve("v.mp4"));
        for (int i = 0; i < 3; i++) {
            ImageIO.write(
                    picture(90 + 40 * i, 60, i),
                    "png",
                    media.resolve("p" + i + ".png").toFile());
        }
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            String what = switch (i % 4) {
                case 0 -> "\"image\": \"p%d.png\", ".formatted(i % 3);
                case 1 -> "\"video\": \"v.mp4\", ";
                case 2 -> "\"images\": [\"p0.png\", \"p1.png\"], ";
                default -> "";
            };
            lines.add(
                    "{\"id\": \"r%d\", %s\"conversations\": [{\"from\": \"human\", \"value\": \"What is number %d?\"}, {\"from\": \"gpt\", \"value\": \"It is %d.\"}]}"
                            .formatted(i, what, i, i));
        }
        Files.write(folder.resolve("set.jsonl"), lines);
    }

    private static BufferedImage picture(int width, int height, int seed) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, ((x * 3 + seed * 40) << 16) | ((y * 4 & 255) << 8) | ((x ^ y) & 255));
            }
        }
        return image;
    }

    private RunConfig config(String source, String... overrides) {
        String conf = """
                longreel {
                  model.architecture { vision { image-size = 56, patch-size = 14 } }
                  data.datasets.set { files = ["%s"], media = "%s" }
                  stages = [{
                    name = sft
                    context-tokens-max = 512
                    phases = [
                      { steps = %d, samples-per-step = %d, source { kind = dataset, mixture = set, %s } }
                      { steps = 3, samples-per-step = %d, source { kind = dataset, mixture = set, %s } }
                    ]
                  }]
                }
                """.formatted(
                folder.resolve("set.jsonl"), folder.resolve("media"), STEPS - 3, SAMPLES, source, SAMPLES, source);
        return TestRun.parse(conf, folder.resolve("run"), overrides);
    }

    private static Curriculum open(RunConfig config) {
        return Curriculum.open(config, TestRun.model(config));
    }

    private static List<String> questions(StepSamples samples) {
        List<String> all = new ArrayList<>();
        for (PackedBatch batch : samples.batches()) {
            for (int d = 0; d + 1 < batch.cuSeqlens().length; d++) {
                all.add(ByteTokenizer.decode(
                        Arrays.copyOfRange(batch.ids(), batch.cuSeqlens()[d], batch.cuSeqlens()[d + 1])));
            }
        }
        return all;
    }

    @Test
    void shouldShowEachRecordOnceBeforeAnyTwice() {
        try (Curriculum curriculum = open(config("frames-max = 4"))) {
            TreeMap<String, Integer> seen = new TreeMap<>();
            List<String> order = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                order.addAll(questions(curriculum.samples(0, step, 0, 1)));
            }
            order.subList(0, RECORDS).forEach(text -> seen.merge(text, 1, Integer::sum));
            assertEquals(RECORDS, seen.size(), "the first epoch has every record, over the border of two phases");
            seen.clear();
            order.subList(RECORDS, 2 * RECORDS).forEach(text -> seen.merge(text, 1, Integer::sum));
            assertEquals(RECORDS, seen.size());
            assertTrue(
                    !order.subList(0, RECORDS).equals(order.subList(RECORDS, 2 * RECORDS)),
                    "each epoch has an order of its own");
        }
    }

    @Test
    void shouldHoldTheSameOnEveryMeshAndInEveryProcess() {
        RunConfig config = config("frames-max = 4");
        try (Curriculum one = open(config);
                Curriculum other = open(config)) {
            for (int step = STEPS - 1; step >= 0; step--) {
                List<String> dealt = new ArrayList<>();
                for (int replica = 0; replica < 2; replica++) {
                    dealt.addAll(questions(other.samples(0, step, replica, 2)));
                }
                assertEquals(questions(one.samples(0, step, 0, 1)), dealt, "step=" + step);
            }
        }
    }

    @Test
    void shouldLearnAnswersAndCountFrames() {
        try (Curriculum curriculum =
                open(config("frames-max = 4, aspect = dynamic, tiles-max = 4, shuffled = false"))) {
            StepSamples samples = curriculum.samples(0, 0, 0, 1);
            PackedBatch batch = samples.batches().getFirst();
            int[] learned = Arrays.stream(batch.labels())
                    .filter(label -> label != Sample.IGNORE)
                    .toArray();
            assertEquals("It is 0.It is 1.It is 2.", ByteTokenizer.decode(learned));
            // A picture of 90 x 60 is cut into 3 x 2 or fewer tiles and shown whole; the video gives four frames.
            List<Integer> frames = batch.media().stream()
                    .map(span -> (int) IntStream.range(span.from(), span.to())
                            .filter(i -> batch.ids()[i] == batch.imageToken())
                            .count())
                    .toList();
            assertEquals(4, frames.get(1));
            assertEquals(4, frames.size(), "an image, a video and two images");
            assertEquals(
                    frames.stream().mapToInt(Integer::intValue).sum(),
                    batch.frames().frameCount());
        }
    }

    @Test
    void shouldReadTheVideosOwnFrames() {
        try (Curriculum curriculum = open(config("frames-max = 4, shuffled = false"));
                Arena arena = Arena.ofConfined();
                TensorArena tensors = TensorArena.open("test", 1 << 20)) {
            PackedBatch batch = curriculum.samples(0, 0, 0, 1).batches().getFirst();
            Tensor pixels = tensors.allocate(4, 3, 56, 56);
            batch.frames().read(1, 5, pixels);
            MemorySegment expected = arena.allocate(3L * 56 * 56);
            try (VideoReader reader = VideoReader.open(video, 56)) {
                reader.read(new int[] {9}, expected); // the second of 0, 9, 19, 29
            }
            for (int i = 0; i < 56 * 56; i++) {
                float red =
                        Byte.toUnsignedInt(expected.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 3L * i)) / 127.5f - 1f;
                assertEquals(red, pixels.getFloat(3L * 56 * 56 + i), 0f, "pixel=" + i);
            }
            assertTrue(curriculum.decoded().frames() >= 4);
            assertTrue(curriculum.decoded().timeNs() > 0);
        }
    }

    @Test
    void shouldLeaveOutWhatCannotBeUsedAlikeOnAllRanks() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(folder.resolve("set.jsonl")));
        lines.set(3, "{\"id\": \"broken\", \"conversations\": [");
        lines.set(5, lines.get(5).replace("v.mp4", "gone.mp4"));
        lines.set(8, lines.get(8).replace("It is 8.", "a".repeat(600)));
        Files.write(folder.resolve("media").resolve("no-picture.png"), new byte[] {1, 2, 3});
        lines.set(4, lines.get(4).replace("p1.png", "no-picture.png"));
        Files.write(folder.resolve("set.jsonl"), lines);
        RunConfig config = config("frames-max = 4", "longreel.data.damaged=skip");
        try (Curriculum curriculum = open(config)) {
            List<SkippedRecord> skipped = new ArrayList<>();
            for (int step = 0; step * SAMPLES < RECORDS; step++) {
                List<SkippedRecord> whole = curriculum.samples(0, step, 0, 1).skipped();
                List<SkippedRecord> dealt =
                        new ArrayList<>(curriculum.samples(0, step, 0, 2).skipped());
                dealt.addAll(curriculum.samples(0, step, 1, 2).skipped());
                assertEquals(whole, dealt);
                skipped.addAll(whole);
            }
            TreeMap<Integer, String> reasons = new TreeMap<>();
            skipped.stream().limit(RECORDS).forEach(record -> reasons.put(record.record(), record.reason()));
            assertEquals(List.of(3, 4, 5, 8), List.copyOf(reasons.keySet()));
            assertTrue(String.valueOf(reasons.get(5)).contains("gone.mp4"), reasons.toString());
            assertTrue(String.valueOf(reasons.get(8)).contains("the stage's context ends at 512"), reasons.toString());
            assertTrue(String.valueOf(reasons.get(4)).contains("no-picture.png"), reasons.toString());
        }
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> {
            try (Curriculum curriculum = open(config("frames-max = 4"))) {
                for (int step = 0; step < STEPS; step++) {
                    curriculum.samples(0, step, 0, 1);
                }
            }
        });
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains("of dataset set cannot be used"), failure.getMessage());
    }

    /** What only a decoder sees is found when a sample is drawn, by every rank alike. */
    @Test
    void shouldLeaveOutAPictureThatEndsTooSoon() throws IOException {
        Path whole = folder.resolve("media/p2.png");
        byte[] bytes = Files.readAllBytes(whole);
        Files.write(whole, Arrays.copyOf(bytes, bytes.length - 40));
        try (Curriculum curriculum = open(config("frames-max = 4", "longreel.data.damaged=skip"))) {
            List<SkippedRecord> skipped = new ArrayList<>();
            for (int step = 0; step * SAMPLES < RECORDS; step++) {
                skipped.addAll(curriculum.samples(0, step, 0, 1).skipped());
            }
            assertTrue(skipped.stream().anyMatch(record -> record.record() == 8), skipped.toString());
            assertTrue(skipped.stream().allMatch(record -> record.reason().contains("p2.png")), skipped.toString());
        }
    }

    /** A file that is not what it was is no damaged record: skipping its records would empty the run. */
    @Test
    void shouldEndWhenTheFileOfADatasetChanges() throws IOException {
        try (Curriculum curriculum = open(config("frames-max = 4", "longreel.data.damaged=skip"))) {
            curriculum.samples(0, 0, 0, 1);
            Files.writeString(folder.resolve("set.jsonl"), "\n", StandardOpenOption.APPEND);
            RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> curriculum.samples(0, 1, 0, 1));
            assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
            assertTrue(failure.getMessage().contains("dataset set cannot be read"), failure.getMessage());
        }
    }

    @Test
    void shouldNameTheNearestDatasetWhenAMixtureHasAnUnknownOne() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> open(config("frames-max = 4", "longreel.stages[0].phases[1].source.mixture=sett"))
                        .close());
        assertTrue(failure.getMessage().contains("sett"), failure.getMessage());
        assertTrue(failure.getMessage().contains("did you mean set?"), failure.getMessage());
    }

    @Test
    void shouldSpeakTheTokenizersChatAndEndEachFrame() {
        Path tokenizer = TestTokenizer.write(
                folder.resolve("tokenizer"), List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        RunConfig config = config(
                "frames-max = 4, shuffled = false",
                "longreel.data.prompt.tokenizer=\"" + tokenizer + "\"",
                "longreel.data.prompt.frame-end=\"\\n\"");
        ModelConfig model = TextForm.fit(config, TestRun.model(config));
        assertEquals(ByteTokenizer.IMAGE, model.imageToken(), "the model's own, which is no token of the text");
        try (Curriculum curriculum = Curriculum.open(config, model)) {
            PackedBatch batch = curriculum.samples(0, 0, 0, 1).batches().getFirst();
            int frame = batch.media().get(1).from();
            assertEquals(8, batch.media().get(1).size(), "four frames and a line break behind each");
            assertArrayEquals(
                    new int[] {model.imageToken(), newline(tokenizer)},
                    Arrays.copyOfRange(batch.ids(), frame, frame + 2));
        }
    }

    private static int newline(Path tokenizer) {
        return io.longreel.curriculum.text.FileTokenizer.open(tokenizer).encode("\n")[0];
    }

    @Test
    void shouldReadMembersOfATar() throws IOException {
        Path tar = folder.resolve("shard.tar");
        try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
            put(out, "a.mp4", Files.readAllBytes(video));
            put(out, "a.txt", "a film".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            put(out, "b.png", Files.readAllBytes(folder.resolve("media/p1.png")));
            put(out, "b.txt", "a picture".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            out.finish();
        }
        RunConfig config = config(
                "frames-max = 4, shuffled = false",
                "longreel.data.datasets.set={format=webdataset,files=[\"" + tar + "\"]}");
        try (Curriculum curriculum = open(config);
                TensorArena tensors = TensorArena.open("test", 1 << 20)) {
            StepSamples samples = curriculum.samples(0, 0, 0, 1);
            PackedBatch batch = samples.batches().getFirst();
            assertEquals(4 + 1 + 4, batch.frames().frameCount(), "film, picture, film again");
            Tensor all = tensors.allocate(9, 3, 56, 56);
            batch.frames().read(0, 9, all);
            long frame = 3L * 56 * 56;
            for (long i = 0; i < 4 * frame; i++) {
                assertEquals(all.getFloat(i), all.getFloat(5 * frame + i), 0f);
            }
        }
    }

    private static void put(TarArchiveOutputStream out, String name, byte[] bytes) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(bytes.length);
        out.putArchiveEntry(entry);
        out.write(bytes);
        out.closeArchiveEntry();
    }
}

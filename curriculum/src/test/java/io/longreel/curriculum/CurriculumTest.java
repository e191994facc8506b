package io.longreel.curriculum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.StageSettings;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.model.FrameSource;
import io.longreel.model.PackedBatch;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurriculumTest {
    private final Path out;

    CurriculumTest(@TempDir Path out) {
        this.out = out;
    }

    @Test
    void shouldDealOutSameSamplesWhateverNumberOfReplicas() {
        try (Curriculum curriculum = TestRun.open(out)) {
            for (int[] at : new int[][] {{0, 0}, {0, 4}, {1, 3}, {2, 5}}) {
                List<String> whole = documents(curriculum, at[0], at[1], 1);
                for (int replicas : new int[] {2, 3, 7}) {
                    assertEquals(whole, documents(curriculum, at[0], at[1], replicas), "replicas " + replicas);
                }
            }
        }
    }

    @Test
    void shouldHaveSameDocumentsWithoutFootageAndNoFrames() {
        try (Curriculum curriculum = TestRun.open(out);
                Curriculum outline =
                        Curriculum.withoutFootage(TestRun.config(out), TestRun.model(TestRun.config(out)))) {
            for (int[] at : new int[][] {{0, 0}, {0, 4}, {1, 3}, {2, 5}}) {
                assertEquals(documents(curriculum, at[0], at[1], 2), documents(outline, at[0], at[1], 2));
            }
            FrameSource frames =
                    outline.samples(2, 0, 0, 1).batches().getFirst().frames();
            try (TensorArena arena = TensorArena.planning("unread")) {
                Tensor pixels = arena.allocate(1, 3, TestFootage.IMAGE_SIZE, TestFootage.IMAGE_SIZE);
                assertThrows(IllegalStateException.class, () -> frames.read(0, 1, pixels));
            }
        }
    }

    @Test
    void shouldMakeSameFootageAndSamplesWhenOpenedAnew(@TempDir Path other) throws IOException {
        List<String> first;
        try (Curriculum curriculum = TestRun.open(out)) {
            first = documents(curriculum, 2, 3, 1);
        }
        try (Curriculum curriculum = TestRun.open(other)) {
            assertEquals(first, documents(curriculum, 2, 3, 1));
        }
        assertArrayEquals(
                Files.readAllBytes(out.resolve(Curriculum.GENERATED_FOOTAGE)),
                Files.readAllBytes(other.resolve(Curriculum.GENERATED_FOOTAGE)));
    }

    @Test
    void shouldKeepFootageWhenItIsThereAndReplaceItWhenItIsAnotherOne() throws IOException {
        Path footage = out.resolve(Curriculum.GENERATED_FOOTAGE);
        TestRun.open(out).close();
        Object made = Files.getAttribute(footage, "unix:ino");
        TestRun.open(out).close();
        assertEquals(made, Files.getAttribute(footage, "unix:ino"), "the file must not be made again");

        Files.write(footage, new byte[] {1, 2, 3});
        try (Curriculum curriculum = TestRun.open(out, "longreel.data.generated.frames=100")) {
            assertEquals(100, curriculum.store().footage().frameCount());
        }
        try (Stream<Path> files = Files.list(out)) {
            assertEquals(List.of(footage), files.toList());
        }
    }

    @Test
    void shouldAgreeWithRecipeOnNeedlePositionsAndShareHaystackBetweenTests() {
        try (Curriculum curriculum = TestRun.open(out)) {
            StageSettings.Needle needle =
                    curriculum.plan().stages().get(2).evaluation().orElseThrow();
            NeedleGrid grid = curriculum.needleGrid(needle);
            assertEquals(6, grid.cells().size());
            assertEquals(30, grid.tests());
            assertEquals(
                    List.of(0, 5, 9, 0, 50, 99),
                    grid.cells().stream().map(NeedleGrid.Cell::needleFrame).toList());
            for (NeedleGrid.Cell cell : grid.cells()) {
                assertEquals(5, new HashSet<>(cell.digits()).size(), "digits of a cell differ: " + cell);
            }
            PackedBatch small = grid.batch(1, 2);
            PackedBatch large = grid.batch(4, 0);
            assertEquals(10, small.frames().frameCount());
            assertEquals(small.frames().key(9), large.frames().key(9));
            assertTrue(small.frames().key(9) >= 0);
            assertEquals(-1, small.frames().key(5));
            int answer = small.ids()[small.ids().length - 1];
            assertEquals(answer, grid.expected(1, 2));
            assertEquals(
                    1, Arrays.stream(small.labels()).filter(label -> label >= 0).count());
            assertTrue(grid.isCorrect(1, 2, new int[] {answer}));
            assertFalse(grid.isCorrect(1, 2, new int[] {answer + 1}));
        }
    }

    @Test
    void shouldNameStageWhenSampleDoesNotFitContext() {
        RunConfig config = TestRun.parse(TestRun.CONF.replace("tokens-max = 128", "tokens-max = 480"), out);
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> Curriculum.open(config, TestRun.model(config)).close());
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.toString().contains("stage text"), failure.toString());
        assertTrue(failure.toString().contains("513"), failure.toString());
    }

    @Test
    void shouldRefuseMissingFootageInOneLine() {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> TestRun.open(out, "longreel.data.footage=[\"" + out + "/none.mp4\"]")
                        .close());
        assertTrue(failure.toString().contains("none.mp4"), failure.toString());
    }

    /** Every document of a step, as text. */
    private static List<String> documents(Curriculum curriculum, int stage, int step, int replicas) {
        List<String> documents = new ArrayList<>();
        for (int replica = 0; replica < replicas; replica++) {
            for (PackedBatch batch :
                    curriculum.samples(stage, step, replica, replicas).batches()) {
                for (int i = 1; i < batch.cuSeqlens().length; i++) {
                    int from = batch.cuSeqlens()[i - 1];
                    int to = batch.cuSeqlens()[i];
                    documents.add(Arrays.toString(Arrays.copyOfRange(batch.ids(), from, to))
                            + Arrays.toString(Arrays.copyOfRange(batch.labels(), from, to)));
                }
            }
        }
        return documents;
    }
}

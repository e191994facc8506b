package io.longreel.curriculum.needle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.TestFootage;
import io.longreel.curriculum.chat.AnswerListener;
import io.longreel.curriculum.chat.ChatAnswer;
import io.longreel.curriculum.chat.ChatQuestion;
import io.longreel.curriculum.chat.ChatService;
import io.longreel.curriculum.chat.PromptEncoder;
import io.longreel.curriculum.chat.TestModel;
import io.longreel.curriculum.dataset.SampleMaker;
import io.longreel.curriculum.text.TestTokenizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tiny model with random weights on generated footage. */
final class NeedleExamTest {
    private static final Mesh FOUR = new Mesh(1, 2, 2, Mesh.Inner.ULYSSES);

    @TempDir
    Path folder;

    private Path model = Path.of("");
    private Path footage = Path.of("");

    /** Keeps cells in the order in which they are tested. */
    private static final class Heard implements ExamListener {
        private final List<String> tested = new ArrayList<>();
        private int known = -1;
        private int stopAfter = Integer.MAX_VALUE;

        @Override
        public void begun(ExamPlan plan, int cellsKnown) {
            known = cellsKnown;
        }

        @Override
        public void finished(CellResult cell, int cellsDone, int cellsAll) {
            tested.add(cell.frames() + "@" + cell.depth());
            if (tested.size() == stopAfter) {
                throw new IllegalStateException("stopped");
            }
        }
    }

    @BeforeEach
    void write() {
        model = TestModel.write(folder.resolve("model"), TestModel.config(320, 512, ""), 1);
        footage = TestFootage.generated(folder, 30, 4);
    }

    private ExamSettings settings(Path out, Mesh mesh, Optional<Path> needles, Path of, boolean isAnew) {
        return new ExamSettings(
                of,
                List.of(footage),
                0,
                needles,
                List.of(),
                Optional.of(12),
                6,
                List.of(0.0, 0.5, 1.0),
                out,
                isAnew,
                mesh,
                PromptEncoder.Options.DEFAULTS,
                ExamSettings.By.TEACHER,
                1 << 20);
    }

    private ExamSettings settings(Path out) {
        return settings(out, Mesh.single(), Optional.empty(), model, false);
    }

    private static ExamResult run(ExamSettings settings, Heard heard) {
        return run(settings, Optional.empty(), heard);
    }

    private static ExamResult run(ExamSettings settings, Optional<ChatService> service, Heard heard) {
        try (NeedleExam exam = NeedleExam.open(settings, service, System::nanoTime)) {
            return exam.run(heard);
        }
    }

    private static List<List<CellResult.Test>> answers(ExamResult result) {
        return result.cells().stream().map(CellResult::tests).toList();
    }

    @Test
    void shouldGoOnWithTheCellsThatAreMissing() throws IOException {
        Path out = folder.resolve("out");
        Heard stopped = new Heard();
        stopped.stopAfter = 2;
        assertThrows(IllegalStateException.class, () -> run(settings(out), stopped));
        Heard resumed = new Heard();
        ExamResult result = run(settings(out), resumed);
        assertEquals(2, resumed.known);
        assertEquals(List.of("6@1.0", "12@0.0", "12@0.5", "12@1.0"), resumed.tested);
        Heard whole = new Heard();
        assertEquals(answers(run(settings(folder.resolve("other")), whole)), answers(result));
        assertEquals(0, whole.known);
        assertTrue(Files.size(result.png()) > 0);
        JsonNode json = new ObjectMapper().readTree(result.json().toFile());
        assertEquals(6, json.path("cells").size());
        assertEquals(30, json.path("tests").asInt());
        assertEquals(
                12 * 4 + 1 + SampleMaker.QUESTION.length() + 1,
                json.at("/cells/5/tokens").asInt());
        Heard anew = new Heard();
        run(settings(out, Mesh.single(), Optional.empty(), model, true), anew);
        assertEquals(6, anew.tested.size());
    }

    @Test
    void shouldRefuseCellsOfAnotherModel() throws IOException {
        Path out = folder.resolve("out");
        run(settings(out), new Heard());
        Path other = TestModel.write(folder.resolve("other"), TestModel.config(320, 512, ""), 2);
        String message = assertThrows(
                        RuntimeFailure.class,
                        () -> run(settings(out, Mesh.single(), Optional.empty(), other, false), new Heard()))
                .getMessage();
        assertTrue(message.contains("of another model, footage"), message);
        assertEquals(1, message.lines().count());
        Path copy = folder.resolve("copy");
        try (var files = Files.walk(model)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(model.relativize(file).toString()));
            }
        }
        Heard heard = new Heard();
        run(settings(out, Mesh.single(), Optional.empty(), copy, false), heard);
        assertEquals(6, heard.known, "a copy is the same model");
    }

    @Test
    void shouldAnswerAlikeOnEveryMesh() throws IOException {
        TestTokenizer.write(model.resolve("llm"), List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        for (Optional<Path> needles : List.of(Optional.<Path>empty(), Optional.of(needles()))) {
            String name = needles.isEmpty() ? "cards" : "pictures";
            ExamResult one = run(settings(folder.resolve(name + 1), Mesh.single(), needles, model, false), new Heard());
            ExamResult four = run(settings(folder.resolve(name + 4), FOUR, needles, model, false), new Heard());
            assertEquals(answers(one), answers(four), name);
        }
    }

    private Path needles() throws IOException {
        for (int i = 0; i < 2; i++) {
            BufferedImage image = new BufferedImage(80, 40, BufferedImage.TYPE_INT_RGB);
            image.setRGB(10 + i, 10, 0xFF0000);
            ImageIO.write(image, "png", folder.resolve("needle" + i + ".png").toFile());
        }
        Path file = folder.resolve("needles.json");
        Files.writeString(
                file,
                "[{\"image\": \"needle0.png\", \"question\": \"\\nWhich?\", \"answer\": \"Red\"}, {\"image\": \"needle1.png\", \"question\": \"\\nWho?\", \"answer\": \"The cat\", \"id\": 7}]");
        return file;
    }

    /** What the service is asked, and that its answers count. */
    @Test
    void shouldAskForAnAnswerByGeneration() throws IOException {
        Optional<Path> needles = Optional.of(needles());
        List<ChatQuestion> asked = new ArrayList<>();
        ExamSettings teacher = settings(folder.resolve("out"), Mesh.single(), needles, model, false);
        ExamSettings settings = new ExamSettings(
                teacher.model(),
                teacher.haystack(),
                0,
                needles,
                List.of(6),
                Optional.empty(),
                1,
                List.of(0.5),
                teacher.out(),
                false,
                teacher.mesh(),
                teacher.asking(),
                ExamSettings.By.GENERATION,
                0);
        assertThrows(RuntimeFailure.class, () -> run(settings, new Heard()));
        try (PromptEncoder encoder = PromptEncoder.open(model, settings.asking(), () -> 0L)) {
            ExamResult result = run(
                    settings,
                    Optional.of(new Oracle(question -> {
                        asked.add(question);
                        assertEquals(7, encoder.encode(question).frames().frameCount());
                        return " the CAT.";
                    })),
                    new Heard());
            assertEquals(2, asked.size());
            assertEquals(4, asked.getFirst().messages().getFirst().parts().size());
            assertEquals(1, result.correct());
            assertEquals(0, result.exact());
        }
        assertFalse(Files.exists(settings.out().resolve("haystack")), "pictures are gone");
    }

    private record Oracle(Function<ChatQuestion, String> says) implements ChatService {
        @Override
        public String modelName() {
            return "oracle";
        }

        @Override
        public Answering ask(ChatQuestion question, AnswerListener listener) {
            listener.done(new ChatAnswer(says.apply(question), ChatAnswer.End.STOP, 0, 0, 0, 0, 0));
            return () -> {};
        }

        @Override
        public void close() {}
    }

    @Test
    void shouldSayWhatIsWrongWithNeedles() throws IOException {
        Path file = needles();
        assertTrue(failure(folder.resolve("gone.json")).contains("no such file"));
        Files.writeString(file, "[{\"image\": \"needle0.png\", \"answer\": \"a\"}]");
        assertTrue(failure(file).contains("needle 1 of"), failure(file));
        assertTrue(failure(file).contains("must have a text as its question: found=nothing"), failure(file));
        Files.writeString(file, "[{\"image\": \"needle0.png\", \"question\": 7, \"answer\": \"a\"}]");
        assertTrue(failure(file).contains("question: found=7"), failure(file));
        Files.writeString(file, "[{\"image\": \"none.png\", \"question\": \"q\", \"answer\": \"a\"}]");
        assertTrue(failure(file).contains("none.png"), failure(file));
        Files.writeString(file, "{}");
        assertTrue(failure(file).contains("must be a JSON list"), failure(file));
        Files.writeString(file, "[\n{");
        assertTrue(failure(file).contains("line 2"), failure(file));
    }

    private String failure(Path needles) {
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class,
                () -> run(
                        settings(folder.resolve("wrong"), Mesh.single(), Optional.of(needles), model, false),
                        new Heard()));
        assertEquals(1, failure.getMessage().lines().count());
        return failure.getMessage();
    }
}

package io.longreel.curriculum.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.EvaluationTasks;
import io.longreel.config.RuntimeFailure;
import io.longreel.config.RuntimeFailure.Category;
import io.longreel.curriculum.eval.task.EvaluationSettings.Damaged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Records that are none, models that are away, and evaluations that are interrupted. */
@Timeout(60)
final class EvaluationFaultsTest {
    private static final double EPSILON = 1e-9;
    private static final String RECORD =
            "{\"question_id\": \"q%d\", \"video\": \"v.mp4\", \"question\": \"Number %d?\", \"candidates\": [\"yes\", \"no\"], \"answer\": \"no\", \"task_type\": \"t%d\"}";

    private final Path folder;
    private final EvaluationFolder set;

    EvaluationFaultsTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        this.set = new EvaluationFolder(folder);
        set.film("v.mp4");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"question_id\": \"x\", | test.jsonl line 3: malformed JSON",
                "[1] | test.jsonl line 3: a record must be a JSON object",
                "{\"question_id\": \"x\", \"video\": \"v.mp4\", \"candidates\": [\"a\", \"b\"], \"answer\": \"a\", \"task_type\": \"t\"} | test.jsonl line 3: field question must be there, and is not",
                "{\"question_id\": \"x\", \"video\": \"v.mp4\", \"question\": [], \"candidates\": [\"a\", \"b\"], \"answer\": \"a\", \"task_type\": \"t\"} | line 3: field question must be a text or a number",
                "{\"question_id\": \"x\", \"video\": \"v.mp4\", \"question\": \"q\", \"candidates\": \"a\", \"answer\": \"a\", \"task_type\": \"t\"} | line 3: field candidates must be a list of options",
                "{\"question_id\": \"x\", \"video\": \"v.mp4\", \"question\": \"q\", \"candidates\": [\"a\", \"b\"], \"answer\": \"c\", \"task_type\": \"t\"} | line 3: {answer} must be the text of one of its 2 options, and is c",
                "{\"question_id\": \"x\", \"video\": \"w.mp4\", \"question\": \"q\", \"candidates\": [\"a\", \"b\"], \"answer\": \"a\", \"task_type\": \"t\"} | w.mp4 must exist, and does not (nor do ",
                "{\"question_id\": \"x\", \"video\": \"../v.mp4\", \"question\": \"q\", \"candidates\": [\"a\", \"b\"], \"answer\": \"a\", \"task_type\": \"t\"} | line 3: must name paths inside the data folder"
            })
    void shouldStopAtARecordThatCannotBeAskedOrCountItAsWrong(String line, String reason) throws IOException {
        Files.writeString(set.data.resolve("test.jsonl"), records(2) + line + "\n" + records(1));
        ScriptedService model = new ScriptedService("m", prompt -> "B");
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> set.run("eventbench", model));
        assertEquals(Category.DATA, failure.category());
        assertTrue(failure.getMessage().contains(reason), failure.getMessage());
        assertEquals(1, failure.getMessage().lines().count());
        assertEquals(List.of(), model.prompts(), "nothing is asked before the data is whole");

        set.damaged = Damaged.SKIP;
        set.run("eventbench", model);
        assertEquals(75, set.score("overall"), EPSILON);
        assertEquals(1, set.count("unusable"));
        assertEquals(1, set.troubles.size());
        assertTrue(set.troubles.getFirst().contains(reason), set.troubles.getFirst());
        assertEquals(4, set.ids().size());
        assertTrue(set.ids().contains("q0~2"), "an id that comes twice is made two");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "perceptiontest | mc_question_val/validation-0.parquet | PAR1 and so on | must be a Parquet file that can be decoded",
                "longvideobench | lvb_val.json | [{\"id\": 1}, {\"id\" | lvb_val.json line 1: malformed JSON",
                "longvideobench | lvb_val.json | {\"id\": 1} | must be a JSON list",
                "nextqa | test.csv | 'video,\"question' | line 1: a value begins with a quote that never ends",
                "nextqa | other.csv | a | must have the records of the evaluation"
            })
    void shouldRefuseAFileThatIsNone(String task, String file, String content, String reason) throws IOException {
        set.damaged = Damaged.SKIP;
        Path records = set.data.resolve(file);
        Files.createDirectories(records.resolveSibling(""));
        Files.writeString(records, content);
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> set.run(task, new ScriptedService("m", prompt -> "B")));
        assertEquals(Category.DATA, failure.category());
        assertTrue(failure.getMessage().contains(reason), failure.getMessage());
    }

    @Test
    void shouldNameTheLineOfARowWithTooFewValues() throws IOException {
        set.damaged = Damaged.SKIP;
        Files.writeString(
                set.data.resolve("test.csv"),
                "video,question,answer,qid,type,a0,a1,a2,a3,a4\nv,\"two\nlines\",0,1,CH,a,b,c,d,e\nv,short,0\n");
        set.film("videos/v.mp4");
        set.run("nextqa", new ScriptedService("m", prompt -> "A"));
        assertEquals(50, set.score("overall"), EPSILON);
        assertTrue(set.troubles.getFirst().contains("test.csv line 4: must have 10 values"), set.troubles.toString());
    }

    @Test
    void shouldCountAVideoThatTheModelCannotReadAsWrong() throws IOException {
        write(3);
        set.damaged = Damaged.SKIP;
        ScriptedService model = new ScriptedService("m", prompt -> {
            if (prompt.contains("Number 1")) {
                throw RuntimeFailure.data("v.mp4: more tokens than the context");
            }
            return "B";
        });
        set.run("eventbench", model);
        assertEquals(200.0 / 3, set.score("overall"), EPSILON);
        assertEquals(List.of("q1: v.mp4: more tokens than the context"), set.troubles);
    }

    @Test
    void shouldWaitWhileTheModelIsBusy() throws IOException {
        write(3);
        set.run("eventbench", new ScriptedService("m", prompt -> "B").busy(5));
        assertEquals(100, set.score("overall"), EPSILON);
    }

    @Test
    void shouldAskAgainWhatGotNoAnswer() throws IOException {
        write(4);
        Set<String> away = new HashSet<>(Set.of("Number 2"));
        ScriptedService model = new ScriptedService("m", prompt -> {
            if (away.stream().anyMatch(prompt::contains)) {
                throw new RuntimeFailure(Category.RETRYABLE, "rank 3 is gone");
            }
            return "B";
        });
        EvaluationReport report = set.run("eventbench", model);
        assertEquals(1, report.counts().pending());
        assertEquals(75, set.score("overall"), EPSILON);
        away.clear();
        set.run("eventbench", model);
        assertEquals(100, set.score("overall"), EPSILON);
        assertEquals(1, set.count("askedNow"));
        assertEquals(0, set.count("pending"));
    }

    @Test
    void shouldEndWhenNoQuestionGetsThrough() throws IOException {
        write(30);
        ScriptedService model = new ScriptedService("m", prompt -> {
            throw new RuntimeFailure(Category.RETRYABLE, "nobody is there");
        });
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> set.run("eventbench", model));
        assertEquals(Category.RETRYABLE, failure.category());
        assertTrue(failure.getMessage().startsWith("nobody is there; 8 questions in a row"), failure.getMessage());
        assertTrue(
                model.prompts().size() <= 10, () -> "asked " + model.prompts().size());
    }

    @Test
    void shouldGoOnWhereItWasStopped() throws IOException {
        write(12);
        ScriptedService first = new ScriptedService("m", prompt -> "B");
        Evaluation[] evaluation = new Evaluation[1];
        set.progress = step -> {
            if (step.done() == 5) {
                evaluation[0].stop();
            }
        };
        evaluation[0] = set.evaluation(EvaluationTasks.read("eventbench"), first, Optional.empty());
        assertThrows(CancellationException.class, evaluation[0]::run);
        assertFalse(Files.exists(set.out.resolve("results.json")));
        int answered = first.prompts().size();
        assertTrue(answered >= 5 && answered <= 8, "answered " + answered);
        // A crash leaves half a line.
        Files.writeString(set.out.resolve("answers.jsonl"), "{\"key\": \"half", StandardOpenOption.APPEND);

        set.progress = step -> {};
        ScriptedService second = new ScriptedService("m", prompt -> "B");
        set.run("eventbench", second);
        assertEquals(12, answered + second.prompts().size());
        assertEquals(100, set.score("overall"), EPSILON);
        assertEquals(12 - answered, set.count("askedNow"));
        assertEquals(IntStream.range(0, 12).mapToObj(i -> "q" + i).toList(), set.ids());
    }

    @Test
    void shouldTakeNoAnswerOfAnotherModelTaskOrVideo() throws IOException {
        write(2);
        ScriptedService model = new ScriptedService("m", prompt -> "B");
        set.run("eventbench", model);
        set.run("eventbench", model);
        assertEquals(2, model.prompts().size());

        set.run(EvaluationTasks.read("eventbench").withFrames(8), model, Optional.empty());
        assertEquals(4, model.prompts().size(), "other frames");
        set.answeredBy = "another";
        set.run("eventbench", model);
        assertEquals(6, model.prompts().size(), "another model");
        Path own = Files.writeString(
                folder.resolve("own.conf"),
                Files.readString(Path.of("../cluster-config/src/main/resources/tasks/eventbench.conf"))
                        + "\nprompt.text = \"{question}\\n{options}\\nLetter:\"");
        set.run(own.toString(), model);
        assertEquals(8, model.prompts().size(), "another prompt");
        Files.write(set.data.resolve("v.mp4"), new byte[] {0}, StandardOpenOption.APPEND);
        set.run("eventbench", model);
        assertEquals(10, model.prompts().size(), "another video");
    }

    @Test
    void shouldHaveTheSameResultWhoeverAnswersFirst() throws IOException {
        write(6);
        CountDownLatch latch = new CountDownLatch(1);
        ScriptedService model = new ScriptedService("m", prompt -> {
            if (prompt.contains("Number 5")) {
                latch.countDown();
            }
            return "B";
        });
        set.parallel = 2;
        set.run("eventbench", model.holding("Number 0", latch));
        assertEquals(List.of("q0", "q1", "q2", "q3", "q4", "q5"), set.ids());
    }

    @Test
    void shouldKeepASecondEvaluationOutOfItsFolder() throws IOException {
        write(1);
        try (EvaluationStore store = EvaluationStore.open(set.out)) {
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class, () -> set.run("eventbench", new ScriptedService("m", prompt -> "B")));
            assertTrue(failure.getMessage().startsWith("another evaluation writes"), failure.getMessage());
            assertEquals(Optional.empty(), store.answer("any"));
        }
    }

    private void write(int count) throws IOException {
        Files.writeString(set.data.resolve("test.jsonl"), records(count));
    }

    private static String records(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> RECORD.formatted(i, i, i % 2) + "\n")
                .collect(Collectors.joining());
    }
}

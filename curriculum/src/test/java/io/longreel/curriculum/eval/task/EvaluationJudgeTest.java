package io.longreel.curriculum.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.longreel.config.EvaluationTaskSettings.Verdict;
import io.longreel.config.EvaluationTasks;
import io.longreel.config.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tasks whose answers a model judges, and judges that do not do as they are told. */
@Timeout(60)
final class EvaluationJudgeTest {
    private static final double EPSILON = 1e-9;

    private final Path folder;

    EvaluationJudgeTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldScoreActivityNetQaByYesAndNo() throws IOException {
        EvaluationFolder set = activityNet();
        ScriptedService model = new ScriptedService("m", prompt -> prompt.contains("riding") ? "a pony" : "no");
        try (StubChat judge = new StubChat(request -> StubChat.Reply.text(
                StubChat.prompt(request).contains("Given answer: a pony")
                        ? "{'pred': 'no', 'score': 2}"
                        : StubChat.prompt(request).contains("Right answer: no\nGiven answer: no")
                                ? "{\"pred\": \"Yes\", \"score\": 5}"
                                : "Here it is:\n{\"pred\": \"no\", \"score\": 0.9}"))) {
            judged(set, "activitynet-qa", model, judge);
            assertTrue(
                    model.prompts().contains("is it raining? Answer the question using a single word or phrase."),
                    () -> String.join("\n", model.prompts()));
            assertEquals(100.0 / 3, set.score("overall"), EPSILON);
            assertEquals(7.0 / 3, set.score("score"), EPSILON);
            assertEquals(100, set.score("type=3"), EPSILON);
            assertEquals(3, judge.requests().size());
            assertEquals(0, judge.requests().getFirst().path("temperature").asDouble());

            judged(set, "activitynet-qa", model, judge);
            assertEquals(3, judge.requests().size(), "what was judged is not judged again");
            set.judgedBy = "another judge";
            judged(set, "activitynet-qa", model, judge);
            assertEquals(6, judge.requests().size());
            assertEquals(3, model.prompts().size(), "answers are not asked again for another judge");
        }
    }

    @Test
    void shouldAverageTheThreeCriteriaOfLongVilaCaption() throws IOException {
        EvaluationFolder set = captions();
        ScriptedService model =
                new ScriptedService("m", prompt -> "Somebody does something with {answer} in the hills.");
        try (StubChat judge = new StubChat(request -> {
            String prompt = StubChat.prompt(request);
            assertTrue(prompt.contains("Given description: Somebody does something with {answer} in the hills."));
            int score = prompt.contains("agrees in its facts") ? 2 : prompt.contains("how detailed") ? 3 : 4;
            return StubChat.Reply.text("{\"score\": %d}".formatted(score + (prompt.contains("tent") ? 1 : 0)));
        })) {
            judged(set, "longvila-caption", model, judge);
            assertEquals(2.5, set.score("correctness"), EPSILON);
            assertEquals(3.5, set.score("detail"), EPSILON);
            assertEquals(4.5, set.score("context"), EPSILON);
            assertEquals(3.5, set.score("overall"), EPSILON);
        }
    }

    @Test
    void shouldCountAndNameWhatIsNotJudged() throws IOException {
        EvaluationFolder set = activityNet();
        ScriptedService model = new ScriptedService("m", prompt -> prompt.contains("boat") ? "red" : "no");
        Function<JsonNode, StubChat.Reply> rule = request -> {
            String all = request.toString();
            if (all.contains("riding")) {
                return StubChat.Reply.error(400, "content_filter");
            }
            return all.contains("raining")
                    ? StubChat.Reply.text("I would rather not say.")
                    : StubChat.Reply.text("{\"pred\": \"yes\", \"score\": 5}");
        };
        try (StubChat judge = new StubChat(rule)) {
            EvaluationReport report = judged(set, "activitynet-qa", model, judge);
            assertEquals(2, report.counts().unjudged());
            assertEquals(100, set.score("overall"), EPSILON);
            assertEquals(
                    1, set.results().path("scores").path("overall").path("of").asInt());
            assertEquals(4, judge.requests().size(), "what is filtered is asked once, what is no judgement twice");
            assertEquals(2, set.troubles.size());
            String troubles = String.join("\n", set.troubles);
            assertTrue(troubles.contains("v_abc_1 is not judged (match): model stub-1"), troubles);
            assertTrue(troubles.contains("filter for content refuses this"), troubles);
            assertTrue(troubles.contains("twice said what is no judgement: I would rather not say."), troubles);
            assertTrue(report.table().contains("2 answers were not judged and are in no score"), report.table());
        }
    }

    @Test
    void shouldGiveAnEmptyAnswerNoPointWithoutAJudge() throws IOException {
        EvaluationFolder set = captions();
        ScriptedService model = new ScriptedService("m", prompt -> " ");
        try (StubChat judge = new StubChat(request -> StubChat.Reply.error(500, "never"))) {
            judged(set, "longvila-caption", model, judge);
            assertEquals(0, set.score("overall"), EPSILON);
            assertEquals(2, set.count("unanswered"));
            assertEquals(0, judge.requests().size());
        }
    }

    @Test
    void shouldAskAJudgeAgainThatIsBusyAndStopAtOneThatRefuses() throws IOException {
        EvaluationFolder set = activityNet();
        set.parallel = 1;
        ScriptedService model = new ScriptedService("m", prompt -> "no");
        int[] left = {2};
        try (StubChat judge = new StubChat(request -> left[0]-- > 0
                ? StubChat.Reply.error(503, "busy")
                : StubChat.Reply.text("{\"pred\": \"yes\", \"score\": 5}"))) {
            judged(set, "activitynet-qa", model, judge);
            assertEquals(5, judge.requests().size());
            assertEquals(100, set.score("overall"), EPSILON);
        }
        set.judgedBy = "refusing";
        try (StubChat judge = new StubChat(request -> StubChat.Reply.error(401, "key"))) {
            RuntimeFailure failure =
                    assertThrows(RuntimeFailure.class, () -> judged(set, "activitynet-qa", model, judge));
            assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
            assertTrue(failure.getMessage().contains("check the API key"), failure.getMessage());
        }
    }

    @Test
    void shouldSayThatAJudgeIsNeeded() throws IOException {
        EvaluationFolder set = activityNet();
        RuntimeFailure failure = assertThrows(
                RuntimeFailure.class, () -> set.run("activitynet-qa", new ScriptedService("m", prompt -> "no")));
        assertTrue(failure.getMessage().contains("--judge URL and --judge-model NAME"), failure.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SCORE | {\"score\": 4} | 4",
                "SCORE | {'score': 4.8} | 4",
                "SCORE | ```json\\n{\"score\": \"3\"}\\n``` | 3",
                "SCORE | {\"score\": 6} | -1",
                "SCORE | {\"score\": -1} | -1",
                "SCORE | 4 | -1",
                "SCORE | {''score': 4.8} | -1",
                "YES_NO | {\"score\": 4} | -1",
                "YES_NO | {'pred': 'YES', 'score': 4} | 4",
                "YES_NO | {'pred': 'maybe', 'score': 4} | -1"
            })
    void shouldReadWhatAJudgeSays(Verdict form, String text, int score) {
        assertEquals(
                score == -1 ? Optional.empty() : Optional.of(score),
                JudgeReply.parse(form, text).map(JudgeReply::score));
    }

    private EvaluationFolder activityNet() throws IOException {
        return EvaluationFolder.of(folder, "activitynet-qa", "all_test/v_abc.mp4", "all_test/v_def.mkv");
    }

    private EvaluationFolder captions() throws IOException {
        return EvaluationFolder.of(folder, "longvila-caption", "trip.mp4", "videos/match.mp4");
    }

    private static EvaluationReport judged(EvaluationFolder set, String task, ScriptedService model, StubChat judge) {
        return set.run(EvaluationTasks.read(task), model, Optional.of(judge.patient()));
    }
}

package io.longreel.curriculum.eval.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every task that comes with the program and is no judge's, from made-up records in its data set's format to scores. */
@Timeout(60)
final class EvaluationTest {
    private static final double EPSILON = 1e-9;

    private final Path folder;

    EvaluationTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void shouldScoreVideoMme() throws IOException {
        EvaluationFolder set =
                EvaluationFolder.of(folder, "videomme", "data/perch.mp4", "data/race.mkv", "data/alps.MP4");
        ScriptedService model = model(Map.of(
                "How many birds", "The best answer is B.",
                "made of", "Best answer: D",
                "Who falls", "C",
                "after the tunnel", "I am not sure about that."));
        EvaluationReport report = set.run("videomme", model);
        assertTrue(model.prompts().contains("""
                        Select the best answer to the following multiple-choice question based on the video. Respond with only the letter (A, B, C, or D) of the correct option.
                        Who falls?
                        A. The first.
                        B. The last.
                        C. Nobody.
                        D. Everybody.
                        The best answer is:"""), () -> String.join("\n\n", model.prompts()));
        assertEquals(Set.of(256), Set.copyOf(model.frames()));
        assertEquals(
                Set.of("perch.mp4", "race.mkv", "alps.MP4"),
                Set.copyOf(model.videos().stream()
                        .map(video -> String.valueOf(video.getFileName()))
                        .toList()));
        assertEquals(List.of("001-1", "001-2", "002-1", "003-1"), set.ids());
        assertEquals(50, set.score("overall"), EPSILON);
        assertEquals(50, set.score("duration=short"), EPSILON);
        assertEquals(100, set.score("duration=medium"), EPSILON);
        assertEquals(0, set.score("duration=long"), EPSILON);
        assertEquals(1, set.count("unanswered"));
        assertTrue(report.table().contains("LongVILA-7B"), report.table());
        assertTrue(
                report.table().lines().anyMatch(line -> line.matches("duration=long +0\\.0 +1 +53\\.0 +45\\.3")),
                report.table());
    }

    @Test
    void shouldGiveTheSubtitlesOfTheFramesThatAreShown() throws IOException {
        EvaluationFolder set =
                EvaluationFolder.of(folder, "videomme", "data/perch.mp4", "data/race.mkv", "data/alps.mp4");
        ScriptedService model = new ScriptedService("m", prompt -> "C");
        set.run("videomme-subtitles", model);
        List<String> withSubtitles = model.prompts().stream()
                .filter(prompt ->
                        prompt.startsWith("This video's subtitles are listed below:\nReady.\nGo!\nThey run.\nSelect"))
                .toList();
        assertEquals(1, withSubtitles.size(), () -> String.join("\n\n", model.prompts()));
        assertTrue(withSubtitles.getFirst().contains("based on the video and the subtitles"));
        assertEquals(
                3, model.prompts().stream().filter(p -> p.startsWith("Select")).count());
    }

    @Test
    void shouldScoreThePublicPartOfEgoSchema() throws IOException {
        EvaluationFolder set = EvaluationFolder.of(folder, "egoschema", "videos/aaa-1.mp4", "videos/ccc-3.mp4");
        ScriptedService model = model(Map.of("What is c doing", "(B)", "Why does c stop", "Nobody knows"));
        set.run("egoschema", model);
        assertEquals(List.of("aaa-1", "ccc-3"), set.ids());
        assertEquals(50, set.score("overall"), EPSILON);
        assertTrue(model.prompts().getFirst().contains("directly.\nWhat is c doing?\nA. C cooks.\nB. C paints.")
                || model.prompts().getFirst().contains("Why"));
    }

    @Test
    void shouldWriteASubmissionOfEgoSchema() throws IOException {
        EvaluationFolder set =
                EvaluationFolder.of(folder, "egoschema", "videos/aaa-1.mp4", "videos/bbb-2.mp4", "videos/ccc-3.mp4");
        ScriptedService model =
                model(Map.of("What is c doing", "(B)", "use most", "E", "Why does c stop", "Nobody knows"));
        set.run("egoschema-test", model);
        assertEquals("q_uid,answer\naaa-1,1\nbbb-2,4\nccc-3,-1\n", Files.readString(set.out.resolve("submission.csv")));
        assertTrue(Double.isNaN(set.score("overall")));
    }

    @Test
    void shouldKeepAnswersThatAreNoLetterInTheDenominatorOfEventBench() throws IOException {
        EvaluationFolder set = EvaluationFolder.of(folder, "eventbench", "star/one.mp4", "videos/star/two.mp4");
        ScriptedService model =
                model(Map.of("after the door", "B. It rains.", "angry", "The milk", "Who is new", "None of them"));
        set.run("eventbench", model);
        assertEquals(100.0 / 3, set.score("overall"), EPSILON);
        assertEquals(0, set.score("task=reasoning"), EPSILON);
        assertEquals(2, set.count("unanswered"));
    }

    @Test
    void shouldScoreLongVideoBench() throws IOException {
        EvaluationFolder set = EvaluationFolder.of(folder, "longvideobench", "videos/v1.mp4", "videos/v2.mp4");
        ScriptedService model = model(Map.of("kite", "C", "subtitle", "The correct option is E"));
        set.run("longvideobench", model);
        assertEquals(100, set.score("overall"), EPSILON);
        assertEquals(100, set.score("duration=3600"), EPSILON);
    }

    @Test
    void shouldScorePerceptionTest() throws IOException {
        EvaluationFolder set =
                EvaluationFolder.of(folder, "perceptiontest", "videos/video_1.mp4", "videos/video_2.mp4");
        ScriptedService model = model(Map.of("lamp", "B.", "cup", "left", "first", "(A)"));
        set.run("perceptiontest", model);
        assertEquals(List.of("video_1-3", "video_1-4", "video_2-0"), set.ids());
        assertEquals(200.0 / 3, set.score("overall"), EPSILON);
        assertEquals(50, set.score("area=memory"), EPSILON);
    }

    @Test
    void shouldAverageOverTheTasksOfMvBench() throws IOException {
        EvaluationFolder set = EvaluationFolder.of(
                folder,
                "mvbench",
                "video/perception/videos/p1.mp4",
                "video/perception/videos/p2.mp4",
                "video/clevrer/video_validation/c1.mp4");
        ScriptedService model = model(Map.of("jump", "(C)", "wave", "(A) 1", "cube", "B"));
        set.run("mvbench", model);
        assertTrue(
                model.prompts()
                        .contains(
                                "Question:Where does the cube go?\nOption:\n(A) Up and to the left.\n(B) Down.\n(C) It stands still.\nOnly give the best option."));
        assertEquals(75, set.score("overall"), EPSILON);
        assertEquals(50, set.score("task=action_count"), EPSILON);
        assertEquals(100, set.score("task=moving_direction"), EPSILON);
    }

    @Test
    void shouldScoreNextQa() throws IOException {
        EvaluationFolder set = EvaluationFolder.of(folder, "nextqa", "NExTVideo/4010069381.mp4");
        ScriptedService model = model(Map.of("how do", "A. roll", "why", "he has won"));
        set.run("nextqa", model);
        assertTrue(new TreeSet<>(model.prompts())
                .first()
                .startsWith("how do the two man play, and what\nA. roll the \"handle\" with their hands\nB. tap"));
        assertEquals(List.of("4010069381-6", "4010069381-7"), set.ids());
        assertEquals(100, set.score("overall"), EPSILON);
    }

    @Test
    void shouldCountAQuestionOfVnBenchWhenItIsRightInAllOrders() throws IOException {
        EvaluationFolder set = EvaluationFolder.of(folder, "vnbench", "VNBench_new/cnt_1.mp4", "VNBench_new/ret_1.mp4");
        ScriptedService model = new ScriptedService("m", prompt -> {
            if (prompt.contains("apple appear")) {
                return letterOf(prompt, "2");
            }
            return prompt.contains("A. fig") ? "fig" : letterOf(prompt, "pear");
        });
        set.run("vnbench", model);
        assertEquals(100, set.score("type=cnt_edit1"), EPSILON);
        assertEquals(0, set.score("type=ret_edit1"), EPSILON);
        assertEquals(50, set.score("overall"), EPSILON);
        assertEquals(87.5, set.score("plain"), EPSILON);
        assertEquals(Set.of(128), Set.copyOf(model.frames()));

        set.limit = 6;
        set.run("vnbench", model);
        assertEquals(1, set.count("incompleteQuestions"));
        assertEquals(1, set.results().path("scores").path("overall").path("of").asInt());
        assertFalse(set.results()
                .path("scores")
                .path("type=ret_edit1")
                .path("value")
                .isNumber());
    }

    private static String letterOf(String prompt, String option) {
        return prompt.lines()
                .filter(line -> line.endsWith(". " + option))
                .findFirst()
                .orElseThrow()
                .substring(0, 1);
    }

    private static ScriptedService model(Map<String, String> answers) {
        return new ScriptedService(
                "scripted-1",
                prompt -> answers.entrySet().stream()
                        .filter(entry -> prompt.contains(entry.getKey()))
                        .findFirst()
                        .orElseThrow()
                        .getValue());
    }
}

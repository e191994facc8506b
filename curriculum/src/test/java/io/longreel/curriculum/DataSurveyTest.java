package io.longreel.curriculum;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.curriculum.survey.PhaseStats;
import io.longreel.curriculum.survey.RecordView;
import io.longreel.curriculum.survey.StepView;
import io.longreel.curriculum.text.TestTokenizer;
import io.longreel.curriculum.text.TextForm;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.model.SessionOptions;
import io.longreel.model.ShardedBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a survey says is what a run does. */
class DataSurveyTest {
    private static final String CONF = """
            longreel {
              name = seen
              seed = 7
              data {
                frame-cache = 1 MiB
                damaged = skip
                datasets {
                  clips { files = ["FOLDER/clips.jsonl"], subsets { sound { file = "FOLDER/bad.txt" } } }
                  notes { format = text, files = ["FOLDER/notes.jsonl"] }
                  ids { format = tokens, files = ["FOLDER/ids.jsonl"] }
                }
              }
              stages = [
                { name = seeing
                  context-tokens-max = 256
                  phases = [
                    { name = a, steps = 3, samples-per-step = 5, learning-rate = 1e-3, source { kind = dataset, mixture = "clips*2+notes", frames-max = 6 } }
                    { name = b, steps = 4, samples-per-step = 6, learning-rate = 1e-3, source { kind = dataset, mixture = "clips*2+notes", frames-max = 6 } }
                    { name = c, steps = 1, samples-per-step = 4, learning-rate = 1e-3, source { kind = passkeys, tokens-min = 64, tokens-max = 80 } }
                  ] }
                { name = reading
                  context-tokens-max = 256
                  phases = [{ steps = 2, samples-per-step = 4, learning-rate = 1e-3, source { kind = passkeys, tokens-min = 64, tokens-max = 80 } }] }
              ]
            }
            """;

    private final Path folder;

    DataSurveyTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        TestFootage.generated(folder, 48, 1);
        List<String> clips = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            clips.add("""
                    {"id": "clip-%d", "video": "%s", "conversations": [{"from": "human", "value": "<video>\\nWhat moves %s?"}, {"from": "gpt", "value": "A ball."}]}""".formatted(i, i == 4 ? "gone.mp4" : "footage-48-1.mp4", "slowly ".repeat(i)));
        }
        Files.write(folder.resolve("clips.jsonl"), clips);
        Files.writeString(folder.resolve("bad.txt"), "4\n");
        List<String> notes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            notes.add("{\"text\": \"%s\"}".formatted("say <image> or <|end|> ".repeat(1 + 3 * i)));
        }
        Files.write(folder.resolve("notes.jsonl"), notes);
        Files.write(
                folder.resolve("ids.jsonl"),
                List.of(
                        "{\"input_ids\": [72, 105, 33]}",
                        "{\"input_ids\": [72, 319, 33]}",
                        "{\"input_ids\": [72, 999]}"));
    }

    @ParameterizedTest
    @CsvSource({
        "1,1,8,ulysses,zigzag,two",
        "2,2,2,ulysses,striped,two",
        "4,2,1,ring,contiguous,two",
        "1,4,2,ring,zigzag,one"
    })
    void shouldGiveRanksWhatTheRunGivesThem(
            int data, int ring, int ulysses, String inner, String layout, String stages) {
        RunConfig config = config(
                "longreel.cluster.ranks-per-node = 8",
                "longreel.mesh { data = %d, ring = %d, ulysses = %d, inner = %s }"
                        .formatted(data, ring, ulysses, inner),
                "longreel.sharding { layout = %s, stages = %s }".formatted(layout, stages),
                "longreel.model.architecture.llm { heads = 8, kv-heads = 8, hidden-size = 64 }");
        ModelConfig model = TestRun.model(config);
        try (DataSurvey survey = DataSurvey.open(config, model);
                Curriculum curriculum = Curriculum.open(config, model)) {
            int firstStep = 0;
            for (DataSurvey.DataPhase at : survey.phases(Optional.of("seeing"))) {
                PhaseStats stats = survey.stats(at, 1000, done -> {});
                assertEquals(at.phase().steps(), stats.packing().steps());
                long[] frames = new long[8];
                long[] tokens = new long[8];
                int sequences = 0;
                int leftOut = 0;
                for (int step = 0; step < at.phase().steps(); step++) {
                    for (int replica = 0; replica < data; replica++) {
                        StepSamples samples = curriculum.samples(0, firstStep + step, replica, data);
                        leftOut += samples.skipped().size();
                        sequences += samples.batches().size();
                        for (PackedBatch batch : samples.batches()) {
                            for (int rank = replica * ring * ulysses; rank < (replica + 1) * ring * ulysses; rank++) {
                                ShardedBatch own =
                                        ShardedBatch.of(model, config.mesh(), rank, SessionOptions.of(config), batch);
                                frames[rank] += own.ownFrames().size();
                                tokens[rank] += own.tokens().length;
                            }
                        }
                    }
                }
                for (PhaseStats.RankLoad load : stats.ranks()) {
                    assertEquals(frames[load.rank()], load.frames(), load::toString);
                    assertEquals(tokens[load.rank()], load.tokens(), load::toString);
                    assertEquals(load.rank() / (ring * ulysses), load.replica());
                }
                assertEquals(sequences, stats.packing().sequences());
                assertEquals(leftOut, stats.packing().leftOut());
                firstStep += at.phase().steps();
            }
        }
    }

    @Test
    void shouldShowTheSamplesOfTheStepThatTheRunTakes() {
        RunConfig config = config();
        ModelConfig model = TestRun.model(config);
        try (DataSurvey survey = DataSurvey.open(config, model);
                Curriculum curriculum = Curriculum.open(config, model)) {
            for (int step : new int[] {0, 2, 3, 6}) {
                StepView view = survey.step(Optional.empty(), Optional.of(step), 100, 4);
                StepSamples samples = curriculum.samples(0, step, 0, 1);
                assertEquals(step < 3 ? 5 : 6, view.rows().size());
                assertEquals(
                        samples.skipped().stream()
                                .map(skipped -> skipped.sample() + skipped.reason())
                                .toList(),
                        view.rows().stream()
                                .filter(row -> row.fault().isPresent())
                                .map(row -> row.sample() + row.fault().orElseThrow())
                                .toList());
                assertEquals(
                        samples.batches().stream()
                                .mapToInt(batch -> batch.frames().frameCount())
                                .sum(),
                        view.rows().stream().mapToInt(StepView.Row::frames).sum());
            }
            StepView.Row clip = survey.step(Optional.of("seeing"), Optional.empty(), 100, 4).rows().stream()
                    .filter(row -> row.frames() > 0)
                    .findFirst()
                    .orElseThrow();
            assertEquals(List.of(0, 1, 3, 5), clip.shown());
            assertEquals(TestFootage.IMAGE_SIZE, clip.pictures().getFirst().width());
            assertNotEquals(clip.pictures().getFirst(), clip.pictures().getLast());
        }
    }

    @Test
    void shouldCountAnEpochAndNameWhatCannotBeUsedOnce() {
        RunConfig config = config();
        try (DataSurvey survey = DataSurvey.open(config, TestRun.model(config))) {
            DataSurvey.DataPhase at = survey.phases(Optional.empty()).getFirst();
            List<Long> done = new ArrayList<>();
            PhaseStats stats = survey.stats(at, 1000, done::add);
            assertEquals(17, stats.plan().epochRecords());
            assertEquals(4, stats.plan().epochSteps());
            assertEquals(15.0 / 17, stats.plan().epochs());
            assertEquals(17, done.getLast());
            assertEquals(new PhaseStats.Sampled(17, 14, 1, 2, stats.sampled().first()), stats.sampled());
            assertEquals(2, stats.sampled().first().size(), "one is damaged and there twice, one is too long");
            assertEquals(15, stats.tokens().count());
            assertTrue(stats.tokens().max() > 256, stats::toString);
            assertEquals(6, stats.frames().max());
            assertEquals(5, survey.stats(at, 5, count -> {}).sampled().records());
            assertEquals(1, survey.stats(at, 5, count -> {}).packing().steps());
        }
    }

    @Test
    void shouldShowARecordAsTheModelGetsItOrWhatIsWrongWithIt() {
        RunConfig config = config();
        try (DataSurvey survey = DataSurvey.open(config, TestRun.model(config))) {
            RecordView clip = survey.record("clips", 0, Optional.empty());
            assertEquals(Optional.empty(), clip.fault());
            assertEquals(Optional.of("clip-0"), clip.id());
            assertEquals(6, clip.media().getFirst().shown());
            assertEquals(48, clip.media().getFirst().frames());
            assertEquals(112, clip.media().getFirst().width());
            assertEquals(2.0, clip.media().getFirst().seconds(), 0.1);
            assertEquals("<|begin|>||What moves ?\n|A ball.<|end|>", joined(clip));
            assertEquals(8, clip.counts().orElseThrow().learned());
            assertEquals(1 + 13 + 8 + 6 * 4, clip.counts().orElseThrow().total());

            assertTrue(survey.record("clips", 4, Optional.empty())
                    .fault()
                    .orElseThrow()
                    .contains("gone.mp4"));
            assertEquals(
                    Optional.of("clip-5"),
                    survey.record("clips@sound", 4, Optional.of("seeing")).id());

            RecordView note = survey.record("notes", 0, Optional.empty());
            assertEquals("<|begin|>|say <image> or <|end|> <|end|>", joined(note));
            assertEquals(
                    note.counts().orElseThrow().total() - 1,
                    note.counts().orElseThrow().learned());
            assertEquals(1 + 23 + 1, note.counts().orElseThrow().total(), "tags in a text are text");

            RecordView tooLong = survey.record("notes", 4, Optional.empty());
            assertTrue(tooLong.fault().orElseThrow().contains("context ends at 256"), tooLong::toString);
            assertTrue(tooLong.counts().orElseThrow().total() > 256, tooLong::toString);

            assertEquals("H|i!", joined(survey.record("ids", 0, Optional.empty())));
            assertTrue(survey.record("ids", 0, Optional.empty()).seenBy().contains("no stage"));
            assertTrue(survey.record("ids", 1, Optional.empty())
                    .fault()
                    .orElseThrow()
                    .contains("stands for a frame"));
            RecordView foreign = survey.record("ids", 2, Optional.empty());
            assertTrue(foreign.fault().orElseThrow().contains("token that the model lacks"), foreign::toString);
            assertEquals("H|<token 999>", joined(foreign));
        }
    }

    @Test
    void shouldNameSpecialTokensOfATokenizerFile() {
        Path tokenizer = TestTokenizer.write(folder, List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>"));
        RunConfig config =
                config("longreel.data.prompt { tokenizer = \"%s\", system = Be brief. }".formatted(tokenizer));
        ModelConfig model = TextForm.fit(config, TestRun.model(config));
        try (DataSurvey survey = DataSurvey.open(config, model)) {
            RecordView clip = survey.record("clips", 1, Optional.empty());
            assertEquals("""
                    <|im_start|>system
                    Be brief.<|im_end|>
                    <|im_start|>user
                    ||What moves slowly ?<|im_end|>
                    <|im_start|>assistant
                    |A ball.<|im_end|>|
                    """, joined(clip));
            assertEquals("s|ay <image> or <|end|> <|endoftext|>", joined(survey.record("notes", 0, Optional.empty())));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            clip | 0  |        | there is no dataset clip; did you mean clips?
            clips@loud | 0 |   | there is no dataset clips@loud; did you mean clips@sound?
            clips | 6 |        | dataset clips has no record 6: its records are 0 to 5
            clips@sound | 5 |  | its records are 0 to 4
            clips | -1 |       | has no record -1
            clips | 0 | seeign | there is no stage seeign; did you mean seeing?
            clips | 0 | reading | stage reading does not use dataset clips
            """)
    void shouldRefuseWhatIsNotThere(String dataset, int record, String stage, String reason) {
        RunConfig config = config();
        try (DataSurvey survey = DataSurvey.open(config, TestRun.model(config))) {
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class, () -> survey.record(dataset, record, Optional.ofNullable(stage)));
            assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
            assertTrue(failure.getMessage().contains(reason), failure.getMessage());
        }
    }

    @Test
    void shouldRefuseStepsAndStagesWithoutDatasets() {
        RunConfig config = config();
        try (DataSurvey survey = DataSurvey.open(config, TestRun.model(config))) {
            assertTrue(message(() -> survey.step(Optional.empty(), Optional.of(8), 1, 1))
                    .contains("0 to 7"));
            assertTrue(message(() -> survey.step(Optional.empty(), Optional.of(7), 1, 1))
                    .contains("its phase c"));
            assertTrue(message(() -> survey.requiredPhases(Optional.of("reading")))
                    .contains("stage reading takes its samples from no dataset; these do: seeing"));
        }
    }

    private static String message(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(RuntimeFailure.class, call).getMessage();
    }

    private static String joined(RecordView view) {
        return String.join(
                "|", view.pieces().stream().map(piece -> piece.text()).toList());
    }

    private RunConfig config(String... more) {
        String text = CONF.replace("FOLDER", folder.toString()) + String.join("\n", more);
        return RunConfigLoader.parse(text, "test", List.of("longreel.out=" + folder.resolve("run")));
    }
}

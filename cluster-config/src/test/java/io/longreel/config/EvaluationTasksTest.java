package io.longreel.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.EvaluationTaskSettings.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class EvaluationTasksTest {
    private static final String GOOD = """
            title = "Mine"
            records {
              files = ["mine.jsonl"], id = "{id}", question = "{q}", video = ["{video}"]
              options.list = options, expected { of = "{answer}", is = letter }, groups = ["kind={kind}"]
            }
            """;

    static List<String> names() {
        return EvaluationTasks.NAMES;
    }

    @ParameterizedTest
    @MethodSource("names")
    void shouldReadEveryTaskThatComesWithTheProgram(String name) {
        EvaluationTaskSettings task = EvaluationTasks.read(name);
        assertEquals(name, task.name());
        assertTrue(task.paper().stream().noneMatch(row -> row.values().isEmpty()), name);
        assertTrue(task.score().kind() == Kind.JUDGED || task.prompt().text().contains("{options}"), name);
        assertTrue(task.notes().stream().noneMatch(String::isBlank), name);
    }

    @Test
    void shouldHaveThePaperNumbersOfTableFour() {
        EvaluationTaskSettings task = EvaluationTasks.read("videomme-subtitles");
        assertEquals(65.1, task.paper().getFirst().values().get("overall"));
        assertEquals(57.4, task.paper().getFirst().values().get("duration=long"));
        assertEquals(256, task.frames());
        assertEquals(4, task.notes().size());
    }

    @Test
    void shouldNameTheNearestTask() {
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> EvaluationTasks.read("vidomme"));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().endsWith("did you mean videomme?"), failure.getMessage());
    }

    @Test
    void shouldReadAFileOfOnesOwn(@TempDir Path folder) throws IOException {
        EvaluationTaskSettings task = EvaluationTasks.read(
                Files.writeString(folder.resolve("mine.conf"), GOOD).toString());
        assertEquals("mine", task.name());
        assertEquals(List.of("kind"), List.copyOf(task.records().groups().keySet()));
        assertEquals(32, task.frames());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "frams = 3 | frams is an unknown key; did you mean frames?",
                "frames = 0 | frames must be a whole number from 1 to 1000000, not 0",
                "answer.extract = firstletter | did you mean first-letter?",
                "answer.extract = text, score.kind = judged | judge must be there for score.kind = judged",
                "records.files = [\"a.xml\"] | must end with .json, .jsonl, .csv or .parquet, and a.xml does not",
                "records.video = [\"../{video}\"] | must lie below the data folder, not at ../{video}",
                "records.groups = [kind] | must be written NAME={FIELD}, not kind",
                "records.id = \"\" | records.id must be a template",
                "records.join { file = \"a.json\" } | records.join must have file, key and field",
                "records.options.columns = [a] | records.options.columns must not be there beside list",
                "score.mean-over = task | score.mean-over must be one of records.groups (kind), not task",
                "score.kind = circular | score.circular-group must tell which records are one question",
                "prompt.text = \"{question}\" | prompt.text must have {options}",
                "subtitles { file = [\"a.srt\"] } | prompt.with-subtitles must have {subtitles}",
                "paper = [{ model = x, values { overal = 3 } }] | has a number for overal, which is measured nowhere",
                "score.kind = judged, answer.extract = text, judge { criteria = [{ name = a, prompt = b }] } | must have {expected}",
                "title = | mine.conf"
            })
    void shouldSayWhatIsWrongWithAFile(String line, String reason, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("mine.conf"), GOOD + line + "\n");
        RuntimeFailure failure = assertThrows(RuntimeFailure.class, () -> EvaluationTasks.read(file.toString()));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        assertTrue(failure.getMessage().contains(reason), failure.getMessage());
    }
}

package io.longreel.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.launch.RunDirectory.Existing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {

    private static RuntimeFailure refused(Path root, Existing existing) {
        RuntimeFailure failure =
                assertThrows(RuntimeFailure.class, () -> RunDirectory.at(root).check(existing));
        assertEquals(RuntimeFailure.Category.CONFIG, failure.category());
        return failure;
    }

    @Test
    void shouldTakeADirectoryThatIsMissingOrEmpty(@TempDir Path parent) throws IOException {
        RunDirectory.at(parent.resolve("new")).check(Existing.KEEP);
        RunDirectory.at(parent).check(Existing.KEEP);
        Files.createDirectories(parent.resolve("logs"));
        RunDirectory.at(parent).check(Existing.KEEP); // all that a process left which was killed at once
    }

    @Test
    void shouldNeverTouchAFolderThatIsNoRun(@TempDir Path root) throws IOException {
        Files.writeString(root.resolve("thesis.txt"), "years of work");
        refused(root, Existing.REPLACE);
        assertTrue(Files.exists(root.resolve("thesis.txt")));
    }

    @Test
    void shouldRefuseARunUnlessItMayBeReplaced(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            RunFixtures.journal(directory, new JournalEntry.Placed(1, List.of("n"), "mesh"));
        }
        assertTrue(String.valueOf(refused(root, Existing.KEEP).getMessage()).contains("resume"));
        refused(root, Existing.REPLACE_FINISHED);
        RunDirectory.at(root).check(Existing.REPLACE);
    }

    @Test
    void shouldLetAFinishedRunBeReplacedWhenToldSo(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            RunFixtures.journal(
                    directory,
                    new JournalEntry.EvaluationFinished(0, "my-test", 1, 2),
                    new JournalEntry.ModelExported("m"),
                    new JournalEntry.RunEnded(0, "finished"));
            assertTrue(directory.isFinished());
        }
        refused(root, Existing.KEEP);
        Files.writeString(root.resolve("my-test.json"), "{}");
        Files.createDirectories(root.resolve("models/first/llm"));
        Files.writeString(root.resolve("notes.txt"), "mine");
        try (RunDirectory directory = RunDirectory.at(root)) {
            directory.create(Existing.REPLACE_FINISHED, "longreel {}");
            assertFalse(Files.exists(root.resolve("models")));
            assertTrue(Files.exists(root.resolve("notes.txt")));
            assertFalse(Files.exists(root.resolve("my-test.json")));
            assertFalse(Files.exists(root.resolve("journal.jsonl")));
            assertFalse(directory.isFinished());
        }
    }

    @Test
    void shouldNotCountAsFinishedWhenTheRunWasStopped(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            RunFixtures.journal(directory, new JournalEntry.RunEnded(0, "stopped at step 3"));
            assertFalse(directory.isFinished());
        }
    }

    @Test
    void shouldKeepASecondProcessOut(@TempDir Path root) {
        try (RunDirectory first = RunFixtures.created(root)) {
            assertTrue(first.isLocked());
            RuntimeFailure failure = assertThrows(
                    RuntimeFailure.class, () -> RunDirectory.at(root).reopen());
            assertTrue(String.valueOf(failure.getMessage()).contains("another process works on the run"));
        }
        assertFalse(RunDirectory.at(root).isLocked());
        RunDirectory again = RunDirectory.at(root);
        again.reopen();
        again.close();
    }

    @Test
    void shouldTakeTheLockFromAProcessThatIsCutOff(@TempDir Path root) {
        RunDirectory cutOff = RunFixtures.created(root);
        try (RunDirectory successor = RunDirectory.at(root)) {
            successor.takeOver();
            cutOff.close();
            assertTrue(successor.isLocked(), "the one that is gone must not take the other's lock along");
            assertThrows(RuntimeFailure.class, () -> RunDirectory.at(root).reopen());
        }
        assertFalse(RunDirectory.at(root).isLocked());
    }

    @Test
    void shouldRememberGenerationAndEvaluationsFromTheJournal(@TempDir Path root) throws IOException {
        try (RunDirectory directory = RunFixtures.created(root)) {
            assertEquals(0, directory.lastGeneration());
            RunFixtures.journal(
                    directory,
                    new JournalEntry.Placed(1, List.of("n"), "mesh"),
                    new JournalEntry.EvaluationFinished(0, "needle-short", 1, 2),
                    new JournalEntry.Placed(2, List.of("n"), "mesh"));
            assertEquals(2, directory.lastGeneration());
            assertEquals(Set.of(0), directory.evaluatedStages());
        }
    }

    @Test
    void shouldLeaveNothingWhenItIsDiscarded(@TempDir Path parent) throws IOException {
        Path root = parent.resolve("run");
        RunDirectory directory = RunFixtures.created(root);
        RunFixtures.journal(directory, new JournalEntry.RunEnded(2, "bad video"));
        Files.writeString(root.resolve("metrics.jsonl"), "");
        directory.discard();
        assertFalse(Files.exists(root));
    }

    @Test
    void shouldBringBackWhatItWasToReplaceWhenItIsDiscarded(@TempDir Path root) throws IOException {
        RunFixtures.created(root).close();
        Files.writeString(root.resolve("report.html"), "old");
        RunDirectory next = RunDirectory.at(root);
        next.create(RunDirectory.Existing.REPLACE, "longreel.name = next");
        assertFalse(Files.exists(root.resolve("report.html")));
        next.discard();
        assertEquals("old", Files.readString(root.resolve("report.html")));
        assertFalse(Files.readString(next.configFile()).contains("next"));
    }

    @Test
    void shouldDropWhatItReplacedWhenTheNewRunHasBegun(@TempDir Path root) throws IOException {
        RunFixtures.created(root).close();
        Files.writeString(root.resolve("report.html"), "old");
        try (RunDirectory next = RunDirectory.at(root)) {
            next.create(RunDirectory.Existing.REPLACE, "longreel.name = next");
            next.settle();
        }
        assertFalse(Files.exists(root.resolve("report.html")));
        try (var left = Files.list(root)) {
            assertTrue(left.noneMatch(file -> file.getFileName().toString().startsWith(".")));
        }
    }
}

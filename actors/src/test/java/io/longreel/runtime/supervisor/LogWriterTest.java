package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.journal.JournalEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogWriterTest {
    private final FakeRecorder recorder = new FakeRecorder();
    private final LogWriter writer = new LogWriter(recorder, Duration.ofNanos(1));

    private static Effect.WriteJournal step(int step) {
        return new Effect.WriteJournal(new JournalEntry.StepCommitted(1, 0, step, step, CoreDriver.result(step)));
    }

    private static final Effect.WriteJournal URGENT = new Effect.WriteJournal(new JournalEntry.StageEnded(0, "short"));

    private List<JournalEntry> journal() {
        return recorder.all(JournalEntry.class);
    }

    @Test
    void shouldLetTrainingGoOnAndLoseNothingWhileTheDiskIsFull() throws Exception {
        recorder.refusals = 3;
        writer.journal(step(1)); // refused
        writer.journal(step(2)); // refused: the first one again
        assertTrue(journal().isEmpty());
        assertEquals(1, recorder.all(RunNews.FilesWait.class).size());
        writer.journal(step(3)); // refused
        writer.journal(step(4));
        assertEquals(List.of(step(1).entry(), step(2).entry(), step(3).entry(), step(4).entry()), journal());
        assertEquals(1, recorder.all(RunNews.FilesCaughtUp.class).size());
    }

    @Test
    void shouldWaitForTheDiskWhereAnEntryMustStandBeforeItIsActedOn() throws Exception {
        recorder.refusals = 50;
        writer.journal(step(1));
        writer.journal(URGENT);
        assertEquals(0, recorder.refusals);
        assertEquals(List.of(step(1).entry(), URGENT.entry()), journal());
    }

    @Test
    void shouldWaitForTheDiskWithAResultThatTheRunNeeds() throws Exception {
        recorder.refusals = 3;
        Effect.WriteEvaluation result = new Effect.WriteEvaluation(0, CoreDriver.NEEDLE, List.of());
        writer.result(() -> recorder.evaluation(result));
        assertEquals(List.of(result), recorder.all(Effect.WriteEvaluation.class));
        assertEquals(1, recorder.all(RunNews.FilesWait.class).size());
        assertEquals(1, recorder.all(RunNews.FilesCaughtUp.class).size());
        RuntimeFailure wrong = RuntimeFailure.data("the place is wrong");
        assertThrows(
                RuntimeFailure.class,
                () -> writer.result(() -> {
                    throw wrong;
                }));
    }

    @Test
    void shouldKeepAResultBehindTheEntriesThatCameBeforeIt() throws Exception {
        recorder.refusals = 2;
        writer.journal(step(1)); // refused
        Effect.WriteEvaluation result = new Effect.WriteEvaluation(0, CoreDriver.NEEDLE, List.of());
        List<Integer> entriesBefore = new ArrayList<>();
        writer.result(() -> {
            entriesBefore.add(journal().size());
            recorder.evaluation(result);
        });
        assertEquals(1, entriesBefore.getLast());
        assertEquals(List.of(result), recorder.all(Effect.WriteEvaluation.class));
    }

    @Test
    void shouldGiveUpWhenPatienceEnds() {
        recorder.refusals = 1_000_000;
        assertThrows(RuntimeFailure.class, () -> writer.journal(URGENT));
        assertThrows(
                RuntimeFailure.class,
                () -> writer.journal(new Effect.WriteJournal(new JournalEntry.RunEnded(0, "finished"))));
        assertTrue(journal().isEmpty());
    }
}

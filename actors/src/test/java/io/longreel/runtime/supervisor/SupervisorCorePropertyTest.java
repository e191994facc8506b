package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.RankConnected;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.RankReport.StepFinished;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.protocol.SentBytes;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole runs with the reports of ranks and files in random order, each rank keeping the order of its own; with duplicates, reports of other
 * generations, and in some runs a stop, a failure or a lost node at a random moment. Whatever happens, the rules of a run hold.
 */
class SupervisorCorePropertyTest {
    private static final int RUNS = 300;
    private static final int EVENTS_MAX = 5_000;

    static List<Long> seeds() {
        List<Long> seeds = new ArrayList<>();
        for (long seed = 1; seed <= RUNS; seed++) {
            seeds.add(seed);
        }
        return seeds;
    }

    /** One run: who has what to say, and what was seen. */
    private static final class World {
        final SplittableRandom random;
        final CoreDriver run;
        final int everySteps;
        final List<Deque<RankReport>> speakers = new ArrayList<>();
        final List<RankReport> said = new ArrayList<>();
        final boolean isDisturbed;
        int seenEffects;

        World(long seed) {
            random = new SplittableRandom(seed);
            everySteps = random.nextInt(4);
            run = new CoreDriver(CoreDriver.plan(1 + random.nextInt(3), everySteps, Start.fresh(1)));
            isDisturbed = random.nextInt(3) == 0;
            for (int rank = 0; rank < 4; rank++) {
                speakers.add(new ArrayDeque<>());
            }
            run.form();
            for (int rank = 0; rank < 4; rank++) {
                speakers.get(rank).add(new RankConnected(run.state.at(), rank));
            }
            listen();
        }

        /** Ranks and files take up what they were told since the last time. */
        void listen() {
            for (; seenEffects < run.effects.size(); seenEffects++) {
                Effect effect = run.effects.get(seenEffects);
                if (effect instanceof Effect.TellAllRanks tell) {
                    for (int rank = 0; rank < 4; rank++) {
                        CoreDriver.answerOf(tell.command(), rank).ifPresent(speakers.get(rank)::add);
                    }
                }
            }
        }

        /** The next thing that happens; false when nobody has anything to say. */
        boolean happen() {
            if (!run.toFiles.isEmpty() && random.nextInt(3) == 0) {
                run.on(new Event.FilesRecorded(run.nowMs, written(run.toFiles.removeFirst())));
                return true;
            }
            List<Deque<RankReport>> ready =
                    speakers.stream().filter(queue -> !queue.isEmpty()).toList();
            if (ready.isEmpty()) {
                if (run.toFiles.isEmpty()) {
                    return false;
                }
                run.on(new Event.FilesRecorded(run.nowMs, written(run.toFiles.removeFirst())));
                return true;
            }
            RankReport report = ready.get(random.nextInt(ready.size())).removeFirst();
            said.add(report);
            run.rank(report);
            return true;
        }

        void disturb() {
            switch (random.nextInt(40)) {
                case 0 -> run.stop();
                case 1 -> run.rank(new RankFailed(run.state.at(), random.nextInt(4), Category.FATAL, "broken"));
                case 2 -> run.rank(new RankFailed(run.state.at(), random.nextInt(4), Category.RETRYABLE, "alone"));
                case 3 -> run.on(new Event.NodeLost(run.nowMs, "p-a", "gone", true));
                default -> {}
            }
        }

        /** What must change nothing. */
        void repeat() {
            SupervisorState before = run.state;
            if (!said.isEmpty() && random.nextInt(4) == 0) {
                RankReport again = said.get(random.nextInt(said.size()));
                boolean isOld = !(again instanceof RankFailed) && !(before.phase() instanceof Phase.Ended);
                if (isOld) {
                    run.rank(again);
                    assertTrue(
                            before.equals(run.state),
                            () -> "a duplicate changed something: %s %s -> %s"
                                    .formatted(again, before.phase(), run.state.phase()));
                }
            }
            if (random.nextInt(6) == 0) {
                StepId stale = new StepId(9, 0, 0);
                run.rank(new StepFinished(stale, 0, CoreDriver.result(0), 1, new SentBytes(0, 1, 2)));
                assertEquals(before.fencedCount() + 1, run.state.fencedCount());
                assertEquals(before.phase(), run.state.phase());
            }
        }

        private static RecordReport written(Effect effect) {
            return switch (effect) {
                case Effect.WriteManifest write -> new RecordReport.ManifestWritten(write.checkpoint());
                case Effect.WriteEvaluation write -> new RecordReport.EvaluationWritten(write.stage());
                case Effect.WriteReport write -> new RecordReport.ReportWritten();
                default -> throw new IllegalArgumentException("not a file effect: " + effect);
            };
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void shouldKeepTheRulesOfARunWhateverTheOrder(long seed) {
        World world = new World(seed);
        int events = 0;
        while (world.happen()) {
            world.listen();
            world.repeat();
            if (world.isDisturbed) {
                world.disturb();
            }
            world.listen();
            if (++events > EVENTS_MAX) {
                fail("the run does not end: phase=" + world.run.state.phase());
            }
        }
        // Symptoms without a cause are given up when their time has passed.
        world.run.on(new Event.TimePassed(world.run.nowMs + EndingRules.STOP_GRACE_MS));
        checkEnd(world);
        checkSteps(world.run);
        checkCheckpoints(world);
    }

    private static void checkEnd(World world) {
        CoreDriver run = world.run;
        Effect.Finish finish = run.finish(); // exactly one
        assertEquals(finish, run.all(Effect.Finish.class).getFirst());
        assertEquals(
                Optional.of(new JournalEntry.RunEnded(finish.exitCode(), finish.message())),
                run.journal().stream().reduce((earlier, later) -> later));
        if (!world.isDisturbed) {
            assertEquals("finished: 5 steps", finish.message());
        }
        boolean wasStopped = finish.exitCode() == 0 && finish.message().startsWith("stopped at step");
        if (wasStopped) {
            assertEquals(run.state.committed().globalStep(), run.state.savedGlobalStep());
        }
    }

    /** Steps are committed one by one, and none is issued twice, out of order, or too far ahead. */
    private static void checkSteps(CoreDriver run) {
        long committed = 0;
        long issued = 0;
        for (Effect effect : run.effects) {
            if (effect instanceof Effect.RecordStep step) {
                committed++;
                assertEquals(committed, step.step().position().globalStep());
            } else if (effect instanceof Effect.TellAllRanks tell
                    && tell.command() instanceof RankCommand.RunStep step) {
                assertEquals(issued, step.at().stage() * 3L + step.at().step(), "issued in order");
                issued++;
                assertTrue(
                        issued - committed <= run.state.plan().commitWindow(),
                        "issued=%d committed=%d".formatted(issued, committed));
            }
        }
    }

    /** Ranks stand still when they save, and a checkpoint has a slice of each rank, behind its entry in the journal. */
    private static void checkCheckpoints(World world) {
        long committed = 0;
        long issued = 0;
        boolean isJournalled = false;
        for (Effect effect : world.run.effects) {
            switch (effect) {
                case Effect.RecordStep step -> committed++;
                case Effect.TellAllRanks tell -> {
                    issued += tell.command() instanceof RankCommand.RunStep ? 1 : 0;
                    if (tell.command() instanceof RankCommand.SaveSlice) {
                        assertEquals(issued, committed, "steps were in flight");
                        isJournalled = false;
                    }
                }
                case Effect.WriteJournal write -> isJournalled |= write.entry() instanceof JournalEntry.SlicesSaved;
                case Effect.WriteManifest manifest -> {
                    assertTrue(isJournalled);
                    assertEquals(
                            List.of(0, 1, 2, 3),
                            manifest.slices().stream().map(Slice::rank).toList());
                    assertEquals(committed, manifest.position().globalStep());
                }
                case Effect.TellNode e -> {}
                case Effect.AnswerSender e -> {}
                case Effect.PrepareCheckpoint e -> {}
                case Effect.WriteEvaluation e -> {}
                case Effect.WriteReport e -> {}
                case Effect.Announce e -> {}
                case Effect.Note e -> {}
                case Effect.Finish e -> {}
            }
        }
        boolean finished = world.run.finish().message().startsWith("finished");
        if (finished && world.everySteps == 1) {
            assertEquals(5, world.run.all(Effect.WriteManifest.class).size());
        }
    }
}

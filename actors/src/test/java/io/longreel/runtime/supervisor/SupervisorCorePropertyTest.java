package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.Control;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.WrittenSlice;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole runs with the reports of nodes, ranks and files in random order, each speaker keeping its own; with duplicates, reports of other
 * generations, and in some runs a stop, failing ranks, results that differ or nodes that die and come back at random moments. Whatever happens,
 * the rules of a run hold.
 */
class SupervisorCorePropertyTest {
    private static final int RUNS = 400;
    private static final int EVENTS_MAX = 20_000;

    static List<Long> seeds() {
        List<Long> seeds = new ArrayList<>();
        for (long seed = 1; seed <= RUNS; seed++) {
            seeds.add(seed);
        }
        return seeds;
    }

    /** One run: what was said, and how it is disturbed. */
    private static final class World {
        final SplittableRandom random;
        final CoreDriver run;
        final int everySteps;
        final List<RankReport> said = new ArrayList<>();
        final boolean isDisturbed;
        int born;
        int kills;

        World(long seed) {
            random = new SplittableRandom(seed);
            everySteps = random.nextInt(4);
            run = new CoreDriver(CoreDriver.plan(
                    1 + random.nextInt(3), everySteps, Start.fresh(1), CoreDriver.recovery(50, random.nextInt(2))));
            isDisturbed = random.nextInt(2) == 0;
            run.form();
        }

        /** The next thing that happens; false when nobody has anything to say. Speakers keep their own order. */
        boolean happen() {
            run.nowMs++;
            if (!run.isAnythingPending()) {
                return false;
            }
            int index = random.nextInt(run.pending.size());
            String speaker = run.pending.get(index).speaker();
            int first = 0;
            while (!run.pending.get(first).speaker().equals(speaker)) {
                first++;
            }
            if (run.happen(first) instanceof Event.RankReported reported) {
                said.add(reported.report());
            }
            return true;
        }

        void disturb() {
            int dice = random.nextInt(120);
            boolean isRunning = run.state.placement().isPresent() && !(run.state.phase() instanceof Phase.Ended);
            if (dice == 0) {
                run.stop();
            } else if (isRunning && dice < 4) {
                int rank = random.nextInt(run.state.worldSize());
                Category category = dice == 1 ? Category.FATAL : Category.RETRYABLE;
                run.rank(new RankFailed(run.state.at(), rank, category, "broken"));
            } else if (isRunning && dice < 7 && kills < 3) {
                kills++;
                replace(List.copyOf(run.state.crew().members().keySet()));
            } else if (dice == 7) {
                run.differing.put((long) random.nextInt(5), 1);
            } else if (dice < 11) {
                ask(dice == 8 ? new Control.Pause() : dice == 9 ? new Control.Resume() : new Control.Checkpoint());
            }
        }

        private void ask(Control control) {
            run.on(new Event.ControlAsked(run.nowMs, control));
        }

        /** Nobody has anything to say: a run that is paused stands still by now, and goes on when it is told to; any other is over. */
        boolean resume() {
            if (run.state.phase() instanceof Phase.Ended || !run.state.orders().isPaused()) {
                return false;
            }
            assertEquals(Orders.Pause.STANDING, run.state.orders().pause());
            ask(new Control.Resume());
            return true;
        }

        /** A node dies, and another process of the same node joins. */
        private void replace(List<String> processes) {
            if (!processes.isEmpty()) {
                String old = processes.get(random.nextInt(processes.size()));
                String node = run.state.crew().member(old).orElseThrow().nodeId();
                run.kill(old);
                born++;
                String fresh = old.split("/")[0] + "/" + born;
                run.nowMs +=
                        35_000; // never three losses within the quarantine's minute, and all three before a stop is
                // forced
                run.join(fresh, node).ready(fresh, node);
            }
        }

        /** What must change nothing. */
        void repeat() {
            SupervisorState before = run.state;
            if (!said.isEmpty() && random.nextInt(4) == 0) {
                RankReport again = said.get(random.nextInt(said.size()));
                run.rank(again);
                SupervisorState after = run.state;
                assertEquals(before.phase(), after.phase(), () -> "a duplicate changed something: " + again);
                assertEquals(before.progress(), after.progress());
            }
            if (random.nextInt(6) == 0) {
                StepId stale = new StepId(900, 0, 0);
                long fenced = run.state.fencedCount();
                run.rank(CoreDriver.finished(stale, 0, CoreDriver.result(0)));
                assertEquals(fenced + 1, run.state.fencedCount());
                assertEquals(before.phase(), run.state.phase());
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void shouldKeepTheRulesOfARunWhateverTheOrder(long seed) {
        World world = new World(seed);
        int events = 0;
        while (world.happen() || world.resume()) {
            world.repeat();
            if (world.isDisturbed) {
                world.disturb();
            }
            if (++events > EVENTS_MAX) {
                fail("the run does not end: phase=" + world.run.state.phase());
            }
        }
        checkEnd(world);
        checkSteps(world.run);
        checkCheckpoints(world);
    }

    private static void checkEnd(World world) {
        CoreDriver run = world.run;
        Effect.Finish finish = run.finish(); // exactly one
        assertEquals(
                Optional.of(new JournalEntry.RunEnded(finish.exitCode(), finish.message())),
                run.journal().stream().reduce((earlier, later) -> later));
        assertEquals(0, finish.exitCode(), finish.message());
        if (!world.isDisturbed) {
            assertEquals("finished: 5 steps", finish.message());
        }
        if (finish.message().startsWith("stopped at step")) {
            assertEquals(
                    run.state.committed().globalStep(), run.state.progress().savedGlobalStep());
        }
    }

    /** Steps are committed one by one, each once and with its own result, and none is issued too far ahead. */
    private static void checkSteps(CoreDriver run) {
        long committed = 0;
        for (Effect effect : run.effects) {
            if (effect instanceof Effect.RecordStep step) {
                committed++;
                Position position = step.step().position();
                assertEquals(committed, position.globalStep());
                assertEquals(
                        CoreDriver.result(position.stage() * 10 + position.step() - 1),
                        step.step().result());
            } else if (effect instanceof Effect.TellAllRanks tell
                    && tell.command() instanceof RankCommand.RunStep step) {
                long issued = step.at().stage() * 3L + step.at().step() + 1;
                assertTrue(
                        issued - committed <= run.state.plan().commitWindow(),
                        "issued=%d committed=%d".formatted(issued, committed));
            }
        }
    }

    /** A checkpoint is of a committed position, has a slice of each rank, and stands behind its entry in the journal. */
    private static void checkCheckpoints(World world) {
        long committed = 0;
        boolean isJournalled = false;
        for (Effect effect : world.run.effects) {
            if (effect instanceof Effect.RecordStep) {
                committed++;
            } else if (effect instanceof Effect.WriteJournal write) {
                isJournalled |= write.entry() instanceof JournalEntry.SlicesSaved;
            } else if (effect instanceof Effect.WriteManifest manifest) {
                assertTrue(isJournalled);
                isJournalled = false;
                assertEquals(
                        manifest.mesh().worldSize(),
                        manifest.slices().stream()
                                .map(WrittenSlice::rank)
                                .distinct()
                                .count());
                assertTrue(manifest.position().globalStep() <= committed);
            }
        }
        boolean finished = world.run.finish().message().startsWith("finished");
        if (finished && world.everySteps == 1 && !world.isDisturbed) {
            assertTrue(world.run.all(Effect.WriteManifest.class).size() >= 2);
        }
    }
}

package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport.RankFailed;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Results that are not believed, and steps that cannot be computed again as they were. */
class SupervisorCoreDoubtTest {
    @Test
    void shouldDoubtAStepThatHasAnotherResultWhenItIsComputedAgain() {
        CoreDriver run = CoreDriver.trained(2);
        run.differing.put(0L, 1);
        run.kill("p-a").kill("p-b"); // no checkpoint: from the beginning
        run.join("q-a", "node-a").ready("q-a", "node-a").join("q-b", "node-b").ready("q-b", "node-b");
        run.runToEnd();
        assertTrue(run.news(RunNews.Doubted.class).getFirst().text().contains("silent corruption"));
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
    }

    @Test
    void shouldDoubtAStepThatIsNotFiniteWhenItIsComputedAgainOnAnotherMesh() {
        CoreDriver run = CoreDriver.trained(2);
        run.kill("p-a").kill("p-b"); // no checkpoint: from the beginning, on one node, so that results may differ
        run.sick = "q-a";
        run.sickStep = 0;
        run.join("q-a", "node-a").ready("q-a", "node-a").runToEnd();
        run.liveOn(5_200, "q-a", "node-a");
        run.runToEnd();
        assertEquals(new Mesh(1, 1, 2), run.state.mesh());
        assertTrue(
                run.news(RunNews.Doubted.class).getFirst().text().contains("not finite"),
                run.news(RunNews.Doubted.class)::toString);
    }

    @Test
    void shouldNotSkipACommittedStepWhoseSamplesCannotBeReadAnyMore() {
        CoreDriver run = CoreDriver.trained(2);
        run.kill("p-a").kill("p-b"); // no checkpoint: from the beginning
        run.join("q-a", "node-a").ready("q-a", "node-a").join("q-b", "node-b").ready("q-b", "node-b");
        run.runUntil(RankCommand.RunStep.class).happen(0);
        StepId second = new StepId(run.state.generation(), 0, 1);
        run.runUntil(RankCommand.RunStep.class);
        int generation = run.state.generation();
        run.rank(new RankFailed(second, 1, Category.DATA, "x.mp4 cannot be read"));
        assertEquals(generation + 1, run.state.generation());
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(Set.of(), run.state.progress().skipped());
    }

    @Test
    void shouldComputeAgainAndCountWhenADisagreementWasPassing() {
        CoreDriver run = CoreDriver.fresh();
        run.differing.put(1L, 1);
        run.connect().runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
        List<String> said = run.news(RunNews.Doubted.class).stream()
                .map(RunNews.Doubted::text)
                .toList();
        assertTrue(said.getFirst().contains("ranks disagree") && said.getFirst().contains("p-b"), said.toString());
        assertTrue(said.getLast().endsWith("what was wrong with it was passing"), said.toString());
    }

    @Test
    void shouldLeaveEachNodeOutOnceWhenNoRankIsInTheMinority() {
        for (String sick : List.of("p-a", "p-b")) {
            CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 1)));
            run.sick = sick;
            run.sickStep = 1;
            run.form().join("p-s", "node-s").ready("p-s", "node-s").runToEnd();
            assertEquals("finished: 5 steps", run.finish().message());
            assertEquals(List.of(1L, 2L, 3L, 4L, 5L), run.committed());
            assertTrue(
                    run.journal().stream().noneMatch(JournalEntry.SamplesQuarantined.class::isInstance),
                    "the samples are right");
            String last = run.news(RunNews.Doubted.class).getLast().text();
            assertTrue(
                    last.endsWith("in other places than %s, so one of the former ones is broken"
                            .formatted(sick.replace("p-", "node-"))),
                    last);
        }
    }

    @Test
    void shouldLoseTheNodeWhoseRankIsAlwaysInTheMinority() {
        CoreDriver run = new CoreDriver(CoreDriver.plan(1, 0, Start.fresh(1), CoreDriver.recovery(5, 1)));
        run.differing.put(1L, 2);
        run.form().join("p-s", "node-s").ready("p-s", "node-s").runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(
                "its ranks compute something else than the others, twice",
                run.news(RunNews.NodeLost.class).getFirst().reason());
        assertTrue(run.journal().stream()
                .anyMatch(entry -> entry instanceof JournalEntry.NodeLost lost
                        && lost.processId().equals("p-b")));
    }
}

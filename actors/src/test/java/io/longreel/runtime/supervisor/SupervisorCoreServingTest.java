package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.config.RuntimeFailure.Category;
import io.longreel.config.topology.Mesh;
import io.longreel.curriculum.engine.EngineOp;
import io.longreel.curriculum.engine.EngineTick;
import io.longreel.curriculum.engine.TickResult;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.NodeCommand.StopRanks;
import io.longreel.runtime.protocol.NodeReport.LeaveRequested;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A job that serves: one tick after the other, each heard of once or lost with its ranks. */
class SupervisorCoreServingTest {
    private static final List<EngineOp> OPS = List.of(new EngineOp.Decode(List.of(3L), 2));

    private static CoreDriver job(int spares) {
        JobPlan plan = new JobPlan(
                "test",
                new Mesh(1, 2, 2),
                2,
                2,
                1,
                0,
                10_000,
                CoreDriver.recovery(5, spares),
                4,
                1,
                "longreel {}",
                0,
                "/runs/test",
                List.of(),
                Start.fresh(1),
                false,
                List.of());
        return new CoreDriver(plan);
    }

    private static CoreDriver ready() {
        return job(0).form().runToEnd();
    }

    private static CoreDriver ask(CoreDriver run, long incarnation, long number) {
        return run.on(new Event.TickAsked(run.nowMs, new EngineTick(incarnation, number, OPS)));
    }

    private static List<EngineNews> news(CoreDriver run) {
        return run.all(Effect.TellEngine.class).stream()
                .map(Effect.TellEngine::news)
                .toList();
    }

    private static EngineNews done(long number) {
        return new EngineNews.Done(new TickResult(number, List.of(), List.of()));
    }

    private static StepId at(CoreDriver run) {
        return run.told(RankCommand.RunTick.class).getLast().at();
    }

    private static CoreDriver replaceB(CoreDriver run) {
        return run.join("q-b", "node-b").ready("q-b", "node-b").runToEnd();
    }

    @Test
    void shouldSayThatRanksAreReadyOnceAllHaveTheirWeights() {
        CoreDriver run = job(0).connect();
        assertEquals(List.of(), news(run));
        run.runToEnd();
        assertEquals(List.of(new EngineNews.Ready(1, 2)), news(run));
        assertEquals(1, run.told(RankCommand.PrepareModel.class).size());
        assertEquals(0, run.told(RankCommand.BeginStage.class).size());
        assertTrue(assertInstanceOf(Phase.Serving.class, run.state.phase()).isIdle());
    }

    @Test
    void shouldTellWhatATickBroughtWhenTheLastRankIsThrough() {
        CoreDriver run = ask(ready(), 1, 1);
        for (int rank = 0; rank < 4; rank++) {
            assertEquals(1, news(run).size(), "rank " + rank + " is not through");
            run.happen(0);
        }
        assertEquals(List.of(new EngineNews.Ready(1, 2), done(1)), news(run));
        ask(run, 1, 2).runToEnd();
        assertEquals(done(2), news(run).getLast());
        assertEquals(2, run.told(RankCommand.RunTick.class).size());
    }

    @Test
    void shouldDoOneTickAtATimeAndNoneOfAnotherIncarnation() {
        CoreDriver run = ask(ready(), 2, 1);
        ask(run, 0, 1);
        assertEquals(0, run.told(RankCommand.RunTick.class).size());
        ask(run, 1, 1);
        ask(run, 1, 2);
        assertEquals(1, run.told(RankCommand.RunTick.class).size(), "one is in flight");
        run.runToEnd();
        assertEquals(List.of(new EngineNews.Ready(1, 2), done(1)), news(run));
    }

    @Test
    void shouldBeginAnewWhenRanksChooseDifferently() {
        CoreDriver run = ask(ready(), 1, 1);
        run.pending.clear();
        TickResult one = new TickResult(1, List.of(new TickResult.Chosen(3, List.of(7, 8))), List.of());
        TickResult other = new TickResult(1, List.of(new TickResult.Chosen(3, List.of(7, 9))), List.of());
        run.rank(new RankReport.TickDone(at(run), 0, one));
        run.rank(new RankReport.TickDone(at(run), 1, other));
        assertInstanceOf(EngineNews.Lost.class, news(run).getLast());
        run.runToEnd();
        assertEquals(new EngineNews.Ready(2, 2), news(run).getLast());
        ask(run, 2, 1).runToEnd();
        assertEquals(done(1), news(run).getLast());
    }

    /** Only reasons may differ, which those ranks have whose own frames cannot be read. */
    @Test
    void shouldJoinTheReasonsOfRanks() {
        CoreDriver run = ask(ready(), 1, 1);
        run.pending.clear();
        for (int rank = 0; rank < 4; rank++) {
            String reason = rank == 2 ? "no such file" : "";
            run.rank(new RankReport.TickDone(
                    at(run), rank, new TickResult(1, List.of(), List.of(new TickResult.Unreadable(3, reason)))));
        }
        assertEquals(
                new EngineNews.Done(
                        new TickResult(1, List.of(), List.of(new TickResult.Unreadable(3, "no such file")))),
                news(run).getLast());
    }

    @Test
    void shouldLoseTheTickInFlightWithItsRanksAndIgnoreWhatIsStillSaidOfIt() {
        CoreDriver run = ask(ready(), 1, 1);
        StepId before = at(run);
        run.happen(0);
        run.kill("p-b");
        assertInstanceOf(EngineNews.Lost.class, news(run).getLast());
        assertEquals(2, run.toldNodes(StopRanks.class).getFirst().nextGeneration());
        ask(run, 1, 2);
        replaceB(run);
        assertEquals(new EngineNews.Ready(2, 2), news(run).getLast());
        int heard = news(run).size();
        run.rank(new RankReport.TickDone(before, 1, new TickResult(1, List.of(), List.of())));
        ask(run, 1, 3).runToEnd();
        assertEquals(heard, news(run).size(), "nothing of the former incarnation counts");
        ask(run, 2, 1).runToEnd();
        assertEquals(done(1), news(run).getLast());
        assertEquals(
                1, news(run).stream().filter(EngineNews.Lost.class::isInstance).count());
        assertTrue(run.state.recovery().isEmpty(), "a tick shows that the loss is overcome");
        assertTrue(run.journal().stream().anyMatch(JournalEntry.Recovering.class::isInstance));
    }

    @Test
    void shouldCountLossesWithoutATickBetweenThem() {
        CoreDriver run = ready();
        for (int attempt = 1; attempt <= 5; attempt++) {
            run.rank(new RankReport.RankFailed(new StepId(run.state.generation(), 0, 0), 0, Category.FATAL, "broken"));
            run.runToEnd();
            assertEquals(new EngineNews.Ready(attempt + 1, 2), news(run).getLast(), "attempt " + attempt);
        }
        run.rank(new RankReport.RankFailed(new StepId(run.state.generation(), 0, 0), 0, Category.FATAL, "broken"));
        run.runToEnd();
        assertInstanceOf(EngineNews.Failed.class, news(run).getLast());
        assertTrue(run.finish().exitCode() != 0, () -> run.finish().toString());
    }

    @Test
    void shouldEndAtOnceWhenStoppedWhileNothingIsInFlight() {
        CoreDriver run = ready().stop().runToEnd();
        assertEquals(0, run.finish().exitCode());
        assertInstanceOf(EngineNews.Failed.class, news(run).getLast(), "who asks hears that nothing follows");
        assertEquals(2, news(run).size());
    }

    @Test
    void shouldEndBehindTheTickInFlightWhenStopped() {
        CoreDriver run = ask(ready(), 1, 1).stop();
        assertEquals(0, run.all(Effect.Finish.class).size());
        run.runToEnd();
        assertTrue(news(run).contains(done(1)), () -> news(run).toString());
        assertEquals(0, run.finish().exitCode());
    }

    @Test
    void shouldMoveBehindTheTickInFlightWhenANodeLeavesAndASpareIsThere() {
        CoreDriver run = job(1).form().join("p-c", "node-c").ready("p-c", "node-c");
        run.runToEnd();
        ask(run, 1, 1);
        String leaver = run.processOf(0);
        run.node(new LeaveRequested(leaver, "SIGTERM"));
        assertEquals(1, news(run).size(), "the tick goes on");
        run.runToEnd();
        assertEquals(4, news(run).size(), () -> news(run).toString());
        assertEquals(done(1), news(run).get(1));
        assertInstanceOf(EngineNews.Lost.class, news(run).get(2));
        assertEquals(new EngineNews.Ready(2, 2), news(run).get(3));
        assertTrue(
                !run.state.placedIds().contains(leaver),
                () -> run.state.placedIds().toString());
    }
}

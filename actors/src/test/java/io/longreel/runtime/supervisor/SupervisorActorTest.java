package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.node.NodeActor;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.node.NodeIdentity;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.rank.FakeWorkFactory;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole job of real actors in one process: one supervisor, two nodes, four ranks, with fakes for files and model. */
class SupervisorActorTest {
    private static final ActorTestKit KIT = ActorTestKit.create("job");
    private static final ExecutorService SLOW_WORK = Executors.newCachedThreadPool();

    private final FakeRecorder recorder = new FakeRecorder();
    private final CompletableFuture<RunEnd> end = new CompletableFuture<>();
    private final List<FakeWorkFactory> factories = List.of(new FakeWorkFactory(), new FakeWorkFactory());
    private final List<NodeActor.Ending> endings = new ArrayList<>();
    private final List<ActorRef<NodeCommand>> nodes = new ArrayList<>();

    @AfterAll
    static void stop() {
        KIT.shutdownTestKit();
        SLOW_WORK.shutdown();
    }

    private ActorRef<SupervisorCommand> start(Start start) {
        ActorRef<SupervisorCommand> supervisor = KIT.spawn(SupervisorActor.create(
                CoreDriver.plan(2, 2, start), recorder, () -> System.nanoTime() / 1_000_000, end));
        for (int node = 0; node < 2; node++) {
            FakeWorkFactory factory = factories.get(node);
            NodeActor.Ending ending = NodeActor.Ending.create();
            endings.add(ending);
            nodes.add(KIT.spawn(NodeActor.create(
                    new NodeIdentity("process-" + node, "node-" + node, "127.0.0.1", "here", Duration.ofSeconds(30)),
                    new NodeActor.Surroundings((text, host) -> factory, SLOW_WORK, System::nanoTime),
                    supervisor,
                    ending)));
        }
        return supervisor;
    }

    private RunEnd awaitEnd() throws Exception {
        return end.get(20, TimeUnit.SECONDS);
    }

    private void assertEverythingIsFreed(int exitCode) throws Exception {
        assertTrue(recorder.isClosed);
        for (NodeActor.Ending ending : endings) {
            NodeEnd nodeEnd = ending.freed().get(20, TimeUnit.SECONDS);
            assertEquals(exitCode, nodeEnd.exitCode());
        }
        for (FakeWorkFactory factory : factories) {
            assertEquals(0, factory.openWorks.get());
        }
    }

    @Test
    void shouldTrainToTheEndWhenNothingGoesWrong() throws Exception {
        start(Start.fresh(1));
        assertEquals(new RunEnd(0, "finished: 5 steps"), awaitEnd());
        assertEverythingIsFreed(0);
        assertEquals(
                List.of(1.0, 0.5, 1.0 / 3, 1.0 / 11, 1.0 / 12),
                recorder.all(CommittedStep.class).stream()
                        .map(step -> step.result().loss())
                        .toList());
        assertInstanceOf(JournalEntry.RunStarted.class, recorder.written.getFirst());
        // How many are written depends on time: none begins while another one is under way. The last one is waited for.
        List<Effect.WriteManifest> manifests = recorder.all(Effect.WriteManifest.class);
        assertEquals("step-00000005", manifests.getLast().checkpoint());
        assertTrue(manifests.stream().allMatch(manifest -> manifest.slices().size() == 4), manifests.toString());
        assertEquals(
                6, recorder.all(Effect.WriteEvaluation.class).getFirst().cells().size());
        assertTrue(factories.getFirst().calls.contains("rank 0: export model"));
    }

    @Test
    void shouldPrepareTheDirectoryBeforeAnySliceIsWrittenAndJournalBeforeTheManifest() throws Exception {
        start(Start.fresh(1));
        awaitEnd();
        int prepared = recorder.written.indexOf("prepare 2");
        int journalled = recorder.written.indexOf(
                recorder.all(JournalEntry.SlicesSaved.class).getFirst());
        int manifest = recorder.written.indexOf(
                recorder.all(Effect.WriteManifest.class).getFirst());
        int committed = recorder.written.indexOf(
                recorder.all(JournalEntry.CheckpointCommitted.class).getFirst());
        assertTrue(0 <= prepared && prepared < journalled, "prepared=" + prepared);
        assertTrue(journalled < manifest && manifest < committed, "manifest=" + manifest);
    }

    @Test
    void shouldGoOnAtTheCheckpointWhenResumed() throws Exception {
        start(new Start(3, new Position(1, 1, 4), Optional.of("/c/step-4"), Set.of(0), Set.of()));
        assertEquals(0, awaitEnd().exitCode());
        assertTrue(factories.getFirst().calls.contains("rank 0: restore step-4"));
        assertEquals(1, recorder.all(CommittedStep.class).size());
        assertEquals(3, recorder.all(JournalEntry.Placed.class).getFirst().generation());
    }

    @Test
    void shouldSaveAndStopWhenAsked() throws Exception {
        factories.forEach(factory -> factory.waitAt(-1));
        ActorRef<SupervisorCommand> supervisor = start(Start.fresh(1));
        supervisor.tell(new SupervisorCommand.StopRun("test"));
        RunEnd ended = awaitEnd();
        assertEquals(0, ended.exitCode());
        assertTrue(ended.message().startsWith("stopped"), ended.message());
    }

    @Test
    void shouldEndEverywhereWhenTheFirstSamplesCannotBeRead() throws Exception {
        factories.get(0).waitAt(0);
        factories.get(1).failAt(0);
        start(Start.fresh(1));
        RunEnd ended = awaitEnd();
        assertEquals(2, ended.exitCode());
        assertTrue(
                ended.message().matches("rank [23] on node-1 failed in stage short, step 0: frame 0 is broken"),
                ended.message());
        assertEverythingIsFreed(2);
    }

    @Test
    void shouldSkipSamplesThatNobodyCanRead() throws Exception {
        factories.forEach(factory -> factory.failAt(1));
        start(Start.fresh(1));
        assertEquals(new RunEnd(0, "finished: 5 steps"), awaitEnd());
        assertEquals(
                List.of(true, false, true, true, false), // step 1 of each stage
                recorder.all(CommittedStep.class).stream()
                        .map(step -> step.result().applied())
                        .toList());
        assertEquals(2, recorder.all(JournalEntry.SamplesQuarantined.class).size());
        assertEverythingIsFreed(0);
    }

    @Test
    void shouldNameSilentCorruptionWhenARankAlwaysDiffers() throws Exception {
        factories.get(1).differAt(3);
        start(Start.fresh(1));
        RunEnd ended = awaitEnd();
        assertEquals(1, ended.exitCode());
        assertTrue(ended.message().contains("silent corruption"), ended.message());
        assertTrue(recorder.all(CommittedStep.class).isEmpty());
    }

    @Test
    void shouldGoOnWithoutALostStepWhenANodeIsLostAndComesBack() throws Exception {
        factories.forEach(factory -> factory.waitAt(1));
        ActorRef<SupervisorCommand> supervisor = start(Start.fresh(1));
        KIT.createTestProbe().awaitAssert(Duration.ofSeconds(10), () -> {
            assertTrue(factories.get(1).calls.contains("rank 3: wait"));
            return 0;
        });
        factories.forEach(factory -> factory.waitAt(-1));
        supervisor.tell(new SupervisorCommand.NodeGone("process-1", "exit code 137", true));
        assertEquals(new RunEnd(0, "finished: 5 steps"), awaitEnd());
        assertEquals(
                List.of(1L, 2L, 3L, 4L, 5L),
                recorder.all(CommittedStep.class).stream()
                        .map(step -> step.position().globalStep())
                        .toList());
        assertEquals(1, recorder.all(RunNews.Recovered.class).size());
        assertEverythingIsFreed(0);
    }

    @Test
    void shouldTellNobodyAnythingWhenAnotherSupervisorHasTakenOver(@TempDir Path folder) throws Exception {
        try (Journal journal = Journal.begin(folder, "old", InstantSource.system())) {
            recorder.journal = journal;
            factories.forEach(factory -> factory.waitAt(1));
            ActorRef<SupervisorCommand> supervisor = start(Start.fresh(1));
            KIT.createTestProbe().awaitAssert(Duration.ofSeconds(10), () -> {
                assertTrue(factories.get(1).calls.contains("rank 3: wait"));
                return 0;
            });
            Journal.begin(folder, "new", InstantSource.system()).close();
            supervisor.tell(new SupervisorCommand.StopRun("Ctrl-C"));
            RunEnd ended = awaitEnd();
            assertEquals(3, ended.exitCode());
            assertTrue(ended.message().contains("another supervisor has taken the run up"), ended.message());
            endings.forEach(ending -> assertFalse(ending.decided().isDone(), "nodes belong to the other one"));
        }
    }

    @Test
    void shouldTrainOnWhenACheckpointCannotBeWritten() throws Exception {
        recorder.failsAtManifest = true;
        start(Start.fresh(1));
        assertEquals(new RunEnd(0, "finished: 5 steps"), awaitEnd());
        assertEquals(5, recorder.all(CommittedStep.class).size());
        assertEquals(4, recorder.all(RunNews.CheckpointFailed.class).size());
        assertTrue(recorder.all(JournalEntry.CheckpointCommitted.class).isEmpty());
        assertEverythingIsFreed(0);
    }

    @Test
    void shouldEndTheRunWhenWritingThrowsAnError() throws Exception {
        recorder.breaksAtReport = true;
        start(Start.fresh(1));
        RunEnd ended = awaitEnd();
        assertEquals(1, ended.exitCode());
        assertTrue(ended.message().contains("no fonts"), ended.message());
        assertEverythingIsFreed(1);
    }
}

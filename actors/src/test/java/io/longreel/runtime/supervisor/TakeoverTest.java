package io.longreel.runtime.supervisor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.journal.JournalLine;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.SnapshotId;
import io.longreel.runtime.supervisor.JobPlan.Start;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TakeoverTest {
    private static final JobPlan PLAN = CoreDriver.plan(1, 0, Start.fresh(1));

    private static SupervisorState after(List<JournalEntry> entries) {
        List<JournalLine> lines = new ArrayList<>();
        for (JournalEntry entry : entries) {
            lines.add(new JournalLine(lines.size() + 1, Instant.EPOCH, entry));
        }
        return Takeover.of(PLAN, new JournalHistory(1, lines, List.of(), 0), 5_000);
    }

    /** What a supervisor wrote until so many steps were committed. */
    private static List<JournalEntry> journalOf(int steps) {
        CoreDriver run = new CoreDriver(PLAN).connect();
        while (run.committed().size() < steps) {
            run.happen(0);
        }
        List<JournalEntry> entries = new ArrayList<>(List.of(SupervisorCore.opening(PLAN)));
        entries.addAll(run.journal());
        return entries;
    }

    @Test
    void shouldKnowWhatCountsAndWhoIsThereFromTheJournal() {
        SupervisorState state = after(journalOf(4));
        assertEquals(PLAN.position(1, 1), state.committed());
        assertEquals(Set.of(0), state.progress().evaluated());
        assertEquals(3, state.progress().savedGlobalStep());
        assertEquals(Optional.of(CoreDriver.result(1)), state.progress().log().result(1));
        Phase.Gathering gathering = assertInstanceOf(Phase.Gathering.class, state.phase());
        assertEquals(Set.of("node-a", "node-b"), gathering.expected());
    }

    @Test
    void shouldTrustWhatRanksHoldUpToTheBeginningOfAStage() {
        List<JournalEntry> entries = journalOf(4);
        entries.removeIf(entry -> entry instanceof JournalEntry.StepCommitted step && step.globalStep() == 4);
        SupervisorState state = after(entries);
        assertEquals(PLAN.position(1, 0), state.committed());
        assertTrue(state.progress().trusts(new SnapshotId(1, 1, 0)));
        assertFalse(state.progress().trusts(new SnapshotId(1, 1, 1)));
    }

    @Test
    void shouldNotTrustWhatAnIncarnationComputedAgainBeforeItHadNewResults() {
        List<JournalEntry> entries = journalOf(3);
        entries.add(new JournalEntry.Recovering(2, 0, 3, 3, "node lost"));
        entries.add(new JournalEntry.Placed(
                2, List.of("node-a", "node-b"), PLAN.mesh().toString()));
        entries.add(new JournalEntry.Restored(2, 0, 1, 1, "memory"));
        SupervisorState state = after(entries);
        assertEquals(PLAN.position(0, 3), state.committed());
        assertTrue(state.progress().trusts(new SnapshotId(2, 0, 1)));
        assertFalse(state.progress().trusts(new SnapshotId(2, 0, 2)));
    }

    @Test
    void shouldForgetResultsOfAnotherMeshAndNodesThatWereLost() {
        List<JournalEntry> entries = journalOf(2);
        entries.add(new JournalEntry.Recovering(2, 0, 2, 2, "node lost"));
        entries.add(new JournalEntry.Placed(2, List.of("node-a", "node-b", "node-c"), "data=1,ring=1,ulysses=2"));
        entries.add(new JournalEntry.NodeLost("node-c", "p-c", "it said nothing"));
        SupervisorState state = after(entries);
        assertEquals(Optional.empty(), state.progress().log().result(1));
        assertEquals(Set.of("node-a", "node-b"), ((Phase.Gathering) state.phase()).expected());
    }

    @Test
    void shouldCompareNoResultOfASmallerMeshWithThoseOfAnother() {
        List<JournalEntry> entries = journalOf(2);
        entries.add(new JournalEntry.Recovering(2, 0, 2, 2, "node lost"));
        entries.add(new JournalEntry.Placed(2, List.of("node-a"), "data=1,ring=1,ulysses=2"));
        entries.add(new JournalEntry.StepCommitted(2, 0, 3, 3, CoreDriver.result(2)));
        SupervisorState state = after(entries);
        assertEquals(PLAN.position(0, 3), state.committed());
        // Which mesh the ranks get next is open: with all nodes back it is the larger one again.
        assertEquals(Optional.empty(), state.progress().log().result(2));
    }

    @Test
    void shouldGoOnSkippingAndStoppingAsTheOneBefore() {
        List<JournalEntry> entries = journalOf(2);
        entries.add(new JournalEntry.SamplesQuarantined(0, 2, 2, true, "x.mp4 cannot be read"));
        entries.add(new JournalEntry.StopRequested("asked"));
        SupervisorState state = after(entries);
        assertEquals(Set.of(2L), state.progress().skipped());
        assertEquals("asked", state.stop().orElseThrow().reason());
    }

    @Test
    void shouldGoOnToTheEndWithoutALostOrDoubledStep() {
        CoreDriver old = new CoreDriver(PLAN).connect();
        while (old.committed().size() < 4) {
            old.happen(0);
        }
        List<JournalEntry> entries = new ArrayList<>(List.of(SupervisorCore.opening(PLAN)));
        entries.addAll(old.journal());
        CoreDriver run = new CoreDriver(PLAN);
        run.held.putAll(old.held);
        run.checkpoint = old.checkpoint;
        run.checkpointAt = old.checkpointAt;
        run.state = after(entries);
        for (String node : List.of("a", "b")) {
            run.node(new Beat("p-" + node, "node-" + node, "127.0.0.1:46", "/dev/shm/p-" + node, 1, List.of()));
        }
        run.runToEnd();
        assertEquals("finished: 5 steps", run.finish().message());
        assertEquals(List.of(5L), run.committed());
        assertEquals(1, run.told(RankCommand.RestoreSnapshot.class).size());
    }
}

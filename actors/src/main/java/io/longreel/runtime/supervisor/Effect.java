package io.longreel.runtime.supervisor;

import io.longreel.config.StageSettings.Needle;
import io.longreel.config.topology.Mesh;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.protocol.ControlAnswer;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.WrittenSlice;
import java.util.List;
import java.util.Set;

/**
 * What the shell does for the core, in the order of the list: a journal entry is on disk before the effects behind it
 * happen.
 */
public sealed interface Effect {
    record WriteJournal(JournalEntry entry) implements Effect {}

    record TellNode(String processId, NodeCommand.FromSupervisor command) implements Effect {}

    record TellAllRanks(RankCommand.FromSupervisor command) implements Effect {}

    /** Answer to the sender of the event, which need not be a rank of the current placement. */
    record AnswerSender(RankCommand.FromSupervisor command) implements Effect {}

    /** Answer to whoever asked for the control that is the event. */
    record AnswerControl(ControlAnswer answer) implements Effect {}

    /** Comes back as CaughtUp when all before it is done: how far what is decided is ahead of what is done. */
    record AskCaughtUp() implements Effect {}

    /** Append to the metrics file. */
    record RecordStep(CommittedStep step) implements Effect {}

    /** Make an empty directory for the slices of a checkpoint; nodes are told to write behind it. Comes back only as SavingFailed. */
    record PrepareCheckpoint(Position position) implements Effect {}

    /** Give back the room of a checkpoint that will not be written; nodes may still be writing. */
    record DiscardCheckpoint(Position position) implements Effect {}

    /** Make the checkpoint exist. Comes back as ManifestWritten or SavingFailed. */
    record WriteManifest(
            String checkpoint,
            int generation,
            Mesh mesh,
            Position position,
            Set<Long> skipped,
            List<WrittenSlice> slices)
            implements Effect {
        public WriteManifest {
            skipped = Set.copyOf(skipped);
            slices = List.copyOf(slices);
        }
    }

    /** Look for the newest checkpoint that is whole, reading all of it. Comes back as CheckpointFound. */
    record FindCheckpoint() implements Effect {}

    /** Write result files of an evaluation. Comes back as EvaluationWritten. */
    record WriteEvaluation(int stage, Needle needle, List<CellOutcome> cells) implements Effect {
        public WriteEvaluation {
            cells = List.copyOf(cells);
        }
    }

    /** Write the closing report. Comes back as ReportWritten. */
    record WriteReport() implements Effect {}

    /** Tell whoever asks the ranks of a job that serves. */
    record TellEngine(EngineNews news) implements Effect {}

    /** Something worth showing. */
    record Announce(RunNews news) implements Effect {}

    /** Something odd that changes nothing, for the log. */
    record Note(String text) implements Effect {}

    /** The run is over. */
    record Finish(int exitCode, String message) implements Effect {}
}

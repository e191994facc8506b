package io.longreel.runtime.protocol;

import io.longreel.curriculum.engine.EngineTick;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;

/** What the supervisor actor is told. Everything but the senders' references goes into its pure core. */
public sealed interface SupervisorCommand {

    /** A worker process speaks; {@code node} is where answers go. */
    record NodeSays(NodeReport report, ActorRef<NodeCommand> node) implements SupervisorCommand, WireMessage {}

    /** A rank speaks; {@code rank} is where commands for it go. */
    record RankSays(RankReport report, ActorRef<RankCommand> rank) implements SupervisorCommand, WireMessage {}

    /** End the run cleanly: finish what is in flight, write a checkpoint. A second one changes nothing. */
    record StopRun(String reason) implements SupervisorCommand, WireMessage {
        public StopRun {
            Facts.notBlank(reason, "reason");
        }
    }

    /**
     * Somebody asks for something while the run goes on. Never leaves the process.
     *
     * @param answer told what becomes of it, once, from the recorder's thread; must not block
     */
    record ControlAsked(Control control, Consumer<ControlAnswer> answer) implements SupervisorCommand {}

    /**
     * A worker process is gone: it is proven dead, or has left the cluster. Never leaves the process.
     *
     * @param isFinal no other process will come in its place, so a run that still forms fails
     */
    record NodeGone(String processId, String reason, boolean isFinal) implements SupervisorCommand {}

    /** The recorder has done something. Never leaves the process. */
    record Recorded(RecordReport report) implements SupervisorCommand {}

    /** What the ranks of a job that serves are to do next. Never leaves the process. */
    record TickAsked(EngineTick tick) implements SupervisorCommand {}

    /** Time goes on; the core decides about time-outs. Never leaves the process. */
    record Tick() implements SupervisorCommand {}
}

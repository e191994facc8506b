package io.longreel.runtime.rank;

import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankCommand.AbortGeneration;
import io.longreel.runtime.protocol.RankCommand.ComputeReported;
import io.longreel.runtime.protocol.RankCommand.Fenced;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RankReport.CommandFenced;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.RankSays;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/**
 * Mailbox of one rank for one mesh incarnation; child of the node actor. It passes commands to the compute thread and
 * reports to the supervisor, fences what belongs to other incarnations, and never waits. When it stops, the compute
 * thread is told to end.
 */
public final class RankActor extends AbstractMatchingBehavior<RankCommand> {
    private final int rank;
    private final int generation;
    private final ActorRef<SupervisorCommand> supervisor;
    private final ComputeThread compute;

    private RankActor(
            ActorContext<RankCommand> context,
            StepId at,
            int rank,
            RankWork work,
            ActorRef<SupervisorCommand> supervisor,
            LongSupplier clockNs,
            Runnable ended) {
        super(context);
        this.rank = rank;
        this.generation = at.generation();
        this.supervisor = supervisor;
        ActorRef<RankCommand> self = context.getSelf();
        this.compute =
                ComputeThread.start(at, rank, work, clockNs, report -> self.tell(new ComputeReported(report)), ended);
    }

    /**
     * A rank that connects to its peers right away.
     *
     * @param at generation and position at which the rank starts
     * @param ended called when the compute thread is over and has freed what it held; from that thread
     */
    public static Behavior<RankCommand> create(
            StepId at,
            int rank,
            Placement placement,
            RankWorkFactory factory,
            ActorRef<SupervisorCommand> supervisor,
            LongSupplier clockNs,
            Runnable ended) {
        return Behaviors.setup(context -> {
            RankWork work;
            try {
                work = factory.create(placement, rank);
            } catch (RuntimeException e) {
                supervisor.tell(new RankSays(ComputeThread.failureOf(at, rank, e), context.getSelf()));
                ended.run();
                return Behaviors.stopped();
            }
            return new RankActor(context, at, rank, work, supervisor, clockNs, ended);
        });
    }

    @Override
    public Behavior<RankCommand> onMessage(RankCommand message) {
        return switch (message) {
            case ComputeReported reported -> {
                say(reported.report());
                yield this;
            }
            case Fenced fenced -> {
                getContext().getLog().info("rank.fenced rank={} {}", rank, fenced);
                yield Behaviors.stopped();
            }
            case RankCommand.FromSupervisor command -> onCommand(command);
        };
    }

    private Behavior<RankCommand> onCommand(RankCommand.FromSupervisor command) {
        if (command.at().generation() != generation) {
            say(new CommandFenced(command.at(), rank, generation));
            return this;
        }
        if (command instanceof AbortGeneration abort) {
            getContext().getLog().info("rank.aborted rank={} reason=\"{}\"", rank, abort.reason());
            return Behaviors.stopped();
        }
        compute.submit(command);
        return this;
    }

    @Override
    public Behavior<RankCommand> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            compute.stop("the rank was stopped");
        }
        return this;
    }

    private void say(RankReport report) {
        supervisor.tell(new RankSays(report, getContext().getSelf()));
    }
}

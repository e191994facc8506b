package io.longreel.runtime.rank;

import io.longreel.config.topology.Placement;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankCommand.ComputeReported;
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
 * Mailbox of one rank for one mesh incarnation; child of the node actor, and the shell round {@link RankCore}. It passes commands to the
 * compute thread and reports to the supervisor, and never waits. When it stops, the compute thread is told to end.
 */
public final class RankActor extends AbstractMatchingBehavior<RankCommand> {
    private final ActorRef<SupervisorCommand> supervisor;
    private final ComputeThread compute;
    private RankState state;

    private RankActor(
            ActorContext<RankCommand> context,
            RankState state,
            ActorRef<SupervisorCommand> supervisor,
            ComputeThread compute) {
        super(context);
        this.state = state;
        this.supervisor = supervisor;
        this.compute = compute;
    }

    /**
     * A rank that connects to its peers right away.
     *
     * @param at generation and position at which the rank starts
     * @param vitals kept up to date for whoever watches the rank
     * @param ended called when the compute thread is over and has freed what it held; from that thread
     */
    public static Behavior<RankCommand> create(
            StepId at,
            int rank,
            Placement placement,
            RankWorkFactory factory,
            ActorRef<SupervisorCommand> supervisor,
            LongSupplier clockNs,
            RankVitals vitals,
            Runnable ended) {
        return Behaviors.setup(context -> {
            RankJob work;
            try {
                work = factory.create(placement, rank);
            } catch (RuntimeException e) {
                supervisor.tell(new RankSays(ComputeThread.failureOf(at, rank, e), context.getSelf()));
                ended.run();
                return Behaviors.stopped();
            }
            ActorRef<RankCommand> self = context.getSelf();
            ComputeThread compute = ComputeThread.start(
                    at, rank, work, clockNs, vitals, report -> self.tell(new ComputeReported(report)), ended);
            return new RankActor(context, RankState.initial(rank, at.generation()), supervisor, compute);
        });
    }

    @Override
    public Behavior<RankCommand> onMessage(RankCommand message) {
        RankDecision decision = RankCore.apply(state, message);
        state = decision.state();
        Behavior<RankCommand> next = this;
        for (RankEffect effect : decision.effects()) {
            switch (effect) {
                case RankEffect.Say say ->
                    supervisor.tell(new RankSays(say.report(), getContext().getSelf()));
                case RankEffect.Submit submit -> compute.submit(submit.command());
                case RankEffect.Note note -> getContext().getLog().info("rank.note {}", note.text());
                case RankEffect.Stop stop -> {
                    getContext().getLog().info("rank.stopping rank={} reason=\"{}\"", state.rank(), stop.reason());
                    next = Behaviors.stopped();
                }
            }
        }
        return state.isOver() ? Behaviors.stopped() : next; // a rank that failed needs no mailbox either
    }

    @Override
    public Behavior<RankCommand> onSignal(Signal signal) {
        if (signal instanceof PostStop) {
            compute.stop("the rank was stopped");
        }
        return this;
    }
}

package io.longreel.runtime.node;

import io.longreel.config.RuntimeFailure;
import io.longreel.config.topology.Placement.RankSite;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeCommand.Opened;
import io.longreel.runtime.protocol.NodeCommand.RankStopped;
import io.longreel.runtime.protocol.NodeCommand.RetryJoin;
import io.longreel.runtime.protocol.NodeCommand.SeedLost;
import io.longreel.runtime.protocol.NodeCommand.StartRanks;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.NodeReport.JoinRequested;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeSays;
import io.longreel.runtime.rank.RankActor;
import io.longreel.runtime.rank.RankWorkFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The actor of a worker process. Asks the supervisor to be let in until it is welcomed, opens transport and data from
 * the configuration that the welcome brings, starts one actor per rank of the placement, and at the end stops them and
 * frees everything. Two futures tell the process's main thread how it ended, and when everything is freed.
 */
public final class NodeActor extends AbstractMatchingBehavior<NodeCommand> {
    private static final Duration JOIN_INTERVAL = Duration.ofMillis(300);

    /** What the process's main thread gets to know. */
    public record Ending(CompletableFuture<NodeEnd> decided, CompletableFuture<NodeEnd> freed) {
        public static Ending create() {
            return new Ending(new CompletableFuture<>(), new CompletableFuture<>());
        }
    }

    /**
     * What the node uses of its process.
     *
     * @param slowWork runs what may take seconds
     * @param clockNs steady clock
     */
    public record Surroundings(RankWorkFactory.Opener opener, Executor slowWork, LongSupplier clockNs) {}

    private final NodeIdentity identity;
    private final Surroundings surroundings;
    private final ActorRef<SupervisorCommand> supervisor;
    private final Ending ending;
    private final TimerScheduler<NodeCommand> timers;
    private final long joinDeadlineNs;
    private final Map<Integer, ActorRef<RankCommand>> ranks = new HashMap<>();
    private @Nullable CompletableFuture<RankWorkFactory> opening;
    private @Nullable NodeEnd end;

    private NodeActor(
            ActorContext<NodeCommand> context,
            TimerScheduler<NodeCommand> timers,
            NodeIdentity identity,
            Surroundings surroundings,
            ActorRef<SupervisorCommand> supervisor,
            Ending ending) {
        super(context);
        this.timers = timers;
        this.identity = identity;
        this.surroundings = surroundings;
        this.supervisor = supervisor;
        this.ending = ending;
        this.joinDeadlineNs =
                surroundings.clockNs().getAsLong() + identity.joinTimeout().toNanos();
        timers.startTimerWithFixedDelay(new RetryJoin(), Duration.ZERO, JOIN_INTERVAL);
    }

    public static Behavior<NodeCommand> create(
            NodeIdentity identity, Surroundings surroundings, ActorRef<SupervisorCommand> supervisor, Ending ending) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new NodeActor(context, timers, identity, surroundings, supervisor, ending)));
    }

    @Override
    public Behavior<NodeCommand> onMessage(NodeCommand message) {
        switch (message) {
            case RetryJoin retry -> join();
            case Welcome welcome -> open(welcome);
            case Opened opened -> say(opened.report());
            case StartRanks start -> startRanks(start);
            case RankStopped stopped -> {
                ranks.remove(stopped.rank());
                freeWhenIdle();
            }
            case StopNode stop -> stop(new NodeEnd(stop.exitCode(), stop.reason()));
            case SeedLost lost -> stop(new NodeEnd(1, "the seed was lost: " + lost.reason()));
        }
        return this;
    }

    private void join() {
        if (surroundings.clockNs().getAsLong() - joinDeadlineNs >= 0) {
            stop(new NodeEnd(
                    2,
                    "no seed answers at %s within %d s: start it with bin/longreel seed CONF, and name it as it names itself"
                            .formatted(identity.seed(), identity.joinTimeout().toSeconds())));
        } else {
            say(new JoinRequested(identity.processId(), identity.nodeId()));
        }
    }

    private void open(Welcome welcome) {
        if (opening != null || end != null) {
            return; // asked twice, welcomed twice
        }
        timers.cancelAll();
        getContext().getLog().info("node.welcomed nodeId={} processId={}", identity.nodeId(), identity.processId());
        CompletableFuture<RankWorkFactory> future = CompletableFuture.supplyAsync(
                () -> surroundings.opener().open(welcome.configText(), identity.host()), surroundings.slowWork());
        opening = future;
        getContext().pipeToSelf(future, (factory, failure) -> new Opened(reportOf(factory, failure)));
    }

    private NodeReport reportOf(@Nullable RankWorkFactory factory, @Nullable Throwable failure) {
        if (factory != null) {
            return new NodeReady(
                    identity.processId(), identity.nodeId(), factory.dataEndpoint(), factory.driverDirectory());
        }
        Throwable cause = failure == null || failure.getCause() == null ? failure : failure.getCause();
        getContext().getSystem().log().warn("node.open-failed nodeId={}", identity.nodeId(), cause);
        return cause instanceof RuntimeFailure known
                ? new NodeFailed(identity.processId(), known.category(), String.valueOf(known.getMessage()))
                : new NodeFailed(identity.processId(), RuntimeFailure.Category.FATAL, String.valueOf(cause));
    }

    private void startRanks(StartRanks start) {
        RankWorkFactory factory = opening == null ? null : opening.getNow(null);
        if (factory == null || end != null) {
            getContext().getLog().warn("node.start-ignored nodeId={} at=\"{}\"", identity.nodeId(), start.at());
            return;
        }
        ActorRef<NodeCommand> self = getContext().getSelf();
        for (RankSite site : start.sitesOf(identity.processId())) {
            int rank = site.rank();
            Behavior<RankCommand> behavior = RankActor.create(
                    start.at(),
                    rank,
                    start.placement(),
                    factory,
                    supervisor,
                    surroundings.clockNs(),
                    () -> self.tell(new RankStopped(rank)));
            String name = "rank-%d-generation-%d".formatted(rank, start.at().generation());
            ranks.put(rank, getContext().spawn(behavior, name));
        }
    }

    private void stop(NodeEnd decided) {
        if (end != null) {
            return;
        }
        end = decided;
        timers.cancelAll();
        getContext().getLog().info("node.stopping exitCode={} reason=\"{}\"", decided.exitCode(), decided.reason());
        ending.decided().complete(decided);
        ranks.values().forEach(getContext()::stop);
        freeWhenIdle();
    }

    /** The transport outlives the ranks that use it. */
    private void freeWhenIdle() {
        NodeEnd decided = end;
        if (decided == null || !ranks.isEmpty()) {
            return;
        }
        CompletableFuture<RankWorkFactory> open = opening;
        if (open == null) {
            ending.freed().complete(decided);
        } else {
            surroundings.slowWork().execute(() -> free(open, decided));
        }
    }

    private void free(CompletableFuture<RankWorkFactory> open, NodeEnd decided) {
        try {
            open.exceptionally(failure -> null).join(); // perhaps it is still being opened
            if (!open.isCompletedExceptionally()) {
                open.join().close();
            }
            ending.freed().complete(decided);
        } catch (RuntimeException e) {
            ending.freed().completeExceptionally(e);
        }
    }

    private void say(NodeReport report) {
        supervisor.tell(new NodeSays(report, getContext().getSelf()));
    }
}

package io.longreel.runtime.node;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeCommand.BeatDue;
import io.longreel.runtime.protocol.NodeCommand.DefectFound;
import io.longreel.runtime.protocol.NodeCommand.Opened;
import io.longreel.runtime.protocol.NodeCommand.RankStopped;
import io.longreel.runtime.protocol.NodeCommand.RetryJoin;
import io.longreel.runtime.protocol.NodeCommand.SlowWorkDone;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.NodeReport.Beat;
import io.longreel.runtime.protocol.NodeReport.NodeFailed;
import io.longreel.runtime.protocol.NodeReport.NodeReady;
import io.longreel.runtime.protocol.NodeReport.RanksStopped;
import io.longreel.runtime.protocol.NodeReport.SlicesFailed;
import io.longreel.runtime.protocol.NodeReport.SlicesWritten;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.NodeSays;
import io.longreel.runtime.rank.RankActor;
import io.longreel.runtime.rank.RankVitals;
import io.longreel.runtime.rank.RankWorkFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The actor of a worker process: the shell round {@link NodeCore}. It adds the time to commands, starts and stops the ranks' actors, gathers
 * their pulses, and hands what takes long to a thread of its own. It decides nothing. Two futures tell the process's main thread how it ended,
 * and when everything is freed.
 */
public final class NodeActor extends AbstractMatchingBehavior<NodeCommand> {
    private static final Duration JOIN_INTERVAL = Duration.ofMillis(300);
    private static final Duration BEAT_INTERVAL = Duration.ofMillis(100);

    /** What the process's main thread gets to know. */
    public record Ending(CompletableFuture<NodeEnd> decided, CompletableFuture<NodeEnd> freed) {
        public static Ending create() {
            return new Ending(new CompletableFuture<>(), new CompletableFuture<>());
        }
    }

    /**
     * What the node uses of its process.
     *
     * @param slowWork runs what may take seconds, one after the other
     * @param clockNs steady clock
     * @param killer ends the process as SIGKILL does
     * @param welcomed told what the run is, on each welcome; must not block
     */
    public record Surroundings(
            RankWorkFactory.Opener opener,
            Executor slowWork,
            LongSupplier clockNs,
            Runnable killer,
            Consumer<Welcome> welcomed) {
        /** For a process in which nobody else needs to know, and which must live. */
        public Surroundings(RankWorkFactory.Opener opener, Executor slowWork, LongSupplier clockNs) {
            this(opener, slowWork, clockNs, () -> {}, welcome -> {});
        }
    }

    /** A rank that lives. */
    private record Living(ActorRef<RankCommand> actor, RankVitals vitals) {}

    private final Surroundings surroundings;
    private final ActorRef<SupervisorCommand> supervisor;
    private final Ending ending;
    private final TimerScheduler<NodeCommand> timers;
    private final Map<Integer, Living> ranks = new TreeMap<>();
    /** Read by the thread for slow work: whoever warms up gives way. */
    private final AtomicBoolean isNeeded = new AtomicBoolean();

    private @Nullable CompletableFuture<RankWorkFactory> opening;
    private NodeState state;

    private NodeActor(
            ActorContext<NodeCommand> context,
            TimerScheduler<NodeCommand> timers,
            NodeIdentity identity,
            Surroundings surroundings,
            ActorRef<SupervisorCommand> supervisor,
            Ending ending) {
        super(context);
        this.timers = timers;
        this.surroundings = surroundings;
        this.supervisor = supervisor;
        this.ending = ending;
        this.state = NodeState.initial(identity, nowMs());
        timers.startTimerWithFixedDelay(new RetryJoin(), Duration.ZERO, JOIN_INTERVAL);
        timers.startTimerWithFixedDelay(new BeatDue(), BEAT_INTERVAL);
    }

    public static Behavior<NodeCommand> create(
            NodeIdentity identity, Surroundings surroundings, ActorRef<SupervisorCommand> supervisor, Ending ending) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new NodeActor(context, timers, identity, surroundings, supervisor, ending)));
    }

    @Override
    public Behavior<NodeCommand> onMessage(NodeCommand message) {
        if (message instanceof RankStopped stopped) {
            ranks.remove(stopped.rank());
        }
        if (message instanceof Welcome welcome) {
            surroundings.welcomed().accept(welcome);
        }
        if (message instanceof BeatDue) {
            openFactory().flatMap(RankWorkFactory::defect).ifPresent(text -> decide(new DefectFound(text)));
        }
        decide(message);
        return this;
    }

    private void decide(NodeCommand message) {
        NodeDecision decision = NodeCore.apply(state, message, nowMs());
        state = decision.state();
        decision.effects().forEach(this::perform);
    }

    private void perform(NodeEffect effect) {
        String processId = state.processId();
        switch (effect) {
            case NodeEffect.Say say -> say(say.report());
            case NodeEffect.SayBeat beat ->
                say(new Beat(
                        processId,
                        state.identity().nodeId(),
                        beat.dataEndpoint(),
                        beat.driverDirectory(),
                        beat.generation(),
                        ranks.values().stream()
                                .map(rank -> rank.vitals().pulse())
                                .toList()));
            case NodeEffect.SayStopped stopped ->
                say(new RanksStopped(
                        processId,
                        stopped.generation(),
                        openFactory().map(RankWorkFactory::held).orElse(List.of())));
            case NodeEffect.Open open -> open(open.configText());
            case NodeEffect.WarmUp warmUp -> openFactory().ifPresent(this::warmUp);
            case NodeEffect.StartRank start -> startRank(start);
            case NodeEffect.StopAllRanks stop ->
                ranks.values().forEach(rank -> getContext().stop(rank.actor()));
            case NodeEffect.WriteSlices write -> writeSlices(write);
            case NodeEffect.DropSnapshots drop -> openFactory().ifPresent(RankWorkFactory::dropSnapshots);
            case NodeEffect.Note note ->
                getContext().getLog().info("node.note processId={} {}", processId, note.text());
            case NodeEffect.Warn warn ->
                getContext().getLog().warn("node.warning processId={} {}", processId, warn.text());
            case NodeEffect.Kill kill -> {
                getContext().getLog().warn("node.kills-itself processId={} reason=\"{}\"", processId, kill.reason());
                surroundings.killer().run();
            }
            case NodeEffect.End end -> end(end.end());
            case NodeEffect.Free free -> free(free.end());
        }
    }

    /** A process that is welcomed a second time, after it was lost, has everything open; but perhaps not sound. */
    private void open(String configText) {
        NodeIdentity identity = state.identity();
        CompletableFuture<RankWorkFactory> known = opening;
        CompletableFuture<RankWorkFactory> future = known != null
                ? known
                : CompletableFuture.supplyAsync(
                        () -> surroundings.opener().open(configText, identity.host()), surroundings.slowWork());
        opening = future;
        getContext().pipeToSelf(future, (factory, failure) -> new Opened(opened(factory, failure)));
    }

    private NodeReport opened(@Nullable RankWorkFactory factory, @Nullable Throwable failure) {
        NodeIdentity identity = state.identity();
        if (factory == null) {
            return failed(failure);
        }
        return factory.defect()
                .<NodeReport>map(text -> new NodeFailed(identity.processId(), RuntimeFailure.Category.RETRYABLE, text))
                .orElseGet(() -> new NodeReady(
                        identity.processId(), identity.nodeId(), factory.dataEndpoint(), factory.driverDirectory()));
    }

    private NodeFailed failed(@Nullable Throwable failure) {
        String processId = state.processId();
        Throwable cause = failure == null || failure.getCause() == null ? failure : failure.getCause();
        getContext().getSystem().log().warn("node.open-failed processId={}", processId, cause);
        return cause instanceof RuntimeFailure known
                ? new NodeFailed(processId, known.category(), String.valueOf(known.getMessage()))
                : new NodeFailed(processId, RuntimeFailure.Category.FATAL, String.valueOf(cause));
    }

    private void warmUp(RankWorkFactory factory) {
        String processId = state.processId();
        Logger log = getContext().getSystem().log();
        surroundings.slowWork().execute(() -> {
            try {
                factory.warmUp(isNeeded::get);
            } catch (RuntimeException e) { // its ranks begin slowly then
                log.warn("node.not-warm processId={}", processId, e);
            }
        });
    }

    private void startRank(NodeEffect.StartRank start) {
        isNeeded.set(true);
        int rank = start.rank();
        ActorRef<NodeCommand> self = getContext().getSelf();
        RankVitals vitals = new RankVitals(rank);
        Behavior<RankCommand> behavior = RankActor.create(
                start.at(),
                rank,
                start.placement(),
                openFactory().orElseThrow(() -> new IllegalStateException("ranks start in open nodes only")),
                supervisor,
                surroundings.clockNs(),
                vitals,
                () -> self.tell(new RankStopped(rank)));
        String name = "rank-%d-generation-%d".formatted(rank, start.at().generation());
        ranks.put(rank, new Living(getContext().spawn(behavior, name), vitals));
    }

    private void writeSlices(NodeEffect.WriteSlices write) {
        String processId = state.processId();
        RankWorkFactory factory =
                openFactory().orElseThrow(() -> new IllegalStateException("only open nodes hold snapshots"));
        CompletableFuture<NodeReport> writing = CompletableFuture.supplyAsync(
                () -> new SlicesWritten(
                        processId, write.snapshot(), factory.writeSlices(write.snapshot(), Path.of(write.directory()))),
                surroundings.slowWork());
        getContext().pipeToSelf(writing, (written, failure) -> {
            if (failure == null) {
                return new SlowWorkDone(written);
            }
            Throwable cause = failure.getCause() == null ? failure : failure.getCause();
            getContext().getSystem().log().warn("node.slices-failed processId={} {}", processId, write, cause);
            boolean speaksForItself = cause instanceof RuntimeFailure && cause.getMessage() != null;
            String text = speaksForItself ? String.valueOf(cause.getMessage()) : cause.toString();
            return new SlowWorkDone(new SlicesFailed(processId, write.snapshot(), text));
        });
    }

    private void end(NodeEnd decided) {
        isNeeded.set(true);
        timers.cancel(new RetryJoin());
        timers.cancel(new BeatDue());
        getContext().getLog().info("node.stopping exitCode={} reason=\"{}\"", decided.exitCode(), decided.reason());
        ending.decided().complete(decided);
    }

    /** The transport outlives the ranks that use it. */
    private void free(NodeEnd decided) {
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

    private Optional<RankWorkFactory> openFactory() {
        CompletableFuture<RankWorkFactory> future = opening;
        return future == null || future.isCompletedExceptionally()
                ? Optional.empty()
                : Optional.ofNullable(future.getNow(null));
    }

    private void say(NodeReport report) {
        supervisor.tell(new NodeSays(report, getContext().getSelf()));
    }

    private long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(surroundings.clockNs().getAsLong());
    }
}

package io.longreel.runtime.supervisor;

import io.longreel.runtime.protocol.ControlAnswer;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeCommand.StopNode;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.protocol.SupervisorCommand.ControlAsked;
import io.longreel.runtime.protocol.SupervisorCommand.NodeGone;
import io.longreel.runtime.protocol.SupervisorCommand.NodeSays;
import io.longreel.runtime.protocol.SupervisorCommand.RankSays;
import io.longreel.runtime.protocol.SupervisorCommand.Recorded;
import io.longreel.runtime.protocol.SupervisorCommand.StopRun;
import io.longreel.runtime.protocol.SupervisorCommand.Tick;
import io.longreel.runtime.protocol.SupervisorCommand.TickAsked;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractMatchingBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/**
 * The shell round {@link SupervisorCore}; the cluster's singleton, in the seed process. It adds the time to events,
 * knows which reference belongs to which node and rank, and hands effects to the {@link EffectRunner} in order. It
 * decides nothing.
 */
public final class SupervisorActor extends AbstractMatchingBehavior<SupervisorCommand> {
    private static final Duration TICK = Duration.ofMillis(100);

    /** Where an answer to an event goes, if its sender wants one. */
    private record Speaker(
            @Nullable ActorRef<RankCommand> rank, @Nullable Consumer<ControlAnswer> person) {
        static final Speaker NOBODY = new Speaker(null, null);
    }

    private final LongSupplier clockMs;
    private final EffectRunner runner;
    private final Consumer<EngineNews> engine;
    private final Map<String, ActorRef<NodeCommand>> nodes = new HashMap<>();
    private final Map<Integer, ActorRef<RankCommand>> ranks = new HashMap<>();
    private SupervisorState state;

    private SupervisorActor(
            ActorContext<SupervisorCommand> context,
            TimerScheduler<SupervisorCommand> timers,
            SupervisorState initial,
            RunRecorder recorder,
            Consumer<EngineNews> engine,
            LongSupplier clockMs,
            CompletableFuture<RunEnd> end) {
        super(context);
        this.engine = engine;
        this.clockMs = clockMs;
        this.state = initial;
        ActorRef<SupervisorCommand> self = context.getSelf();
        this.runner = EffectRunner.start(recorder, report -> self.tell(new Recorded(report)), end);
        timers.startTimerWithFixedDelay(new Tick(), TICK);
    }

    /**
     * Starts a run, or goes on with one from disk.
     *
     * @param clockMs steady clock, in milliseconds: no change of the hour changes a decision
     * @param end completed when the run is over and everything is written
     */
    public static Behavior<SupervisorCommand> create(
            JobPlan plan, RunRecorder recorder, LongSupplier clockMs, CompletableFuture<RunEnd> end) {
        return create(plan, recorder, news -> {}, clockMs, end);
    }

    /**
     * Starts a job that may serve.
     *
     * @param engine hears of the ranks, from the recorder's thread; must not block
     */
    public static Behavior<SupervisorCommand> create(
            JobPlan plan,
            RunRecorder recorder,
            Consumer<EngineNews> engine,
            LongSupplier clockMs,
            CompletableFuture<RunEnd> end) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            SupervisorState initial = SupervisorState.initial(plan, clockMs.getAsLong());
            SupervisorActor actor = new SupervisorActor(context, timers, initial, recorder, engine, clockMs, end);
            actor.runner.add(new EffectRunner.Task.Write(new Effect.WriteJournal(SupervisorCore.opening(plan))));
            return actor;
        }));
    }

    /**
     * Goes on in place of a supervisor that is gone.
     *
     * @param state as {@link Takeover} makes it
     */
    public static Behavior<SupervisorCommand> takeOver(
            SupervisorState state, RunRecorder recorder, LongSupplier clockMs, CompletableFuture<RunEnd> end) {
        return Behaviors.setup(context -> Behaviors.withTimers(
                timers -> new SupervisorActor(context, timers, state, recorder, news -> {}, clockMs, end)));
    }

    @Override
    public Behavior<SupervisorCommand> onMessage(SupervisorCommand message) {
        long nowMs = clockMs.getAsLong();
        switch (message) {
            case NodeSays says -> {
                String processId = says.report().processId();
                if (nodes.putIfAbsent(processId, says.node()) == null) {
                    getContext()
                            .watchWith(says.node(), new NodeGone(processId, "its process has left the cluster", false));
                }
                decide(new Event.NodeReported(nowMs, says.report()), Speaker.NOBODY);
            }
            case RankSays says -> {
                if (says.report().at().generation() == state.generation()) {
                    ranks.put(says.report().rank(), says.rank());
                }
                decide(new Event.RankReported(nowMs, says.report()), new Speaker(says.rank(), null));
            }
            case NodeGone gone -> {
                decide(new Event.NodeLost(nowMs, gone.processId(), gone.reason(), gone.isFinal()), Speaker.NOBODY);
                // If it lives it was told what it must know, and is entered again when it speaks again.
                nodes.remove(gone.processId());
            }
            case Recorded recorded -> decide(new Event.FilesRecorded(nowMs, recorded.report()), Speaker.NOBODY);
            case ControlAsked asked ->
                decide(new Event.ControlAsked(nowMs, asked.control()), new Speaker(null, asked.answer()));
            case StopRun stop -> decide(new Event.StopAsked(nowMs, stop.reason()), Speaker.NOBODY);
            case TickAsked asked -> decide(new Event.TickAsked(nowMs, asked.tick()), Speaker.NOBODY);
            case Tick tick -> decide(new Event.TimePassed(nowMs), Speaker.NOBODY);
        }
        return this;
    }

    private void decide(Event event, Speaker sender) {
        Decision decision;
        try {
            decision = SupervisorCore.apply(state, event);
        } catch (RuntimeException e) { // a bug in the core; the run must end, not hang without a supervisor
            getContext().getLog().error("supervisor.failed event={}", event, e);
            abandon("the supervisor failed on %s: %s".formatted(event, e));
            return;
        }
        if (!decision.state().phase().getClass().equals(state.phase().getClass())) {
            getContext()
                    .getLog()
                    .info(
                            "supervisor.phase phase={} {}",
                            decision.state().phase().getClass().getSimpleName(),
                            decision.state().reached());
        }
        if (decision.state().generation() != state.generation()) {
            ranks.clear(); // their successors make themselves known when they are connected
        }
        state = decision.state();
        decision.effects().forEach(effect -> perform(effect, sender));
    }

    private void perform(Effect effect, Speaker sender) {
        switch (effect) {
            case Effect.TellNode tell -> {
                ActorRef<NodeCommand> node = nodes.get(tell.processId());
                if (node != null) {
                    boolean endsTheRun = tell.command() instanceof StopNode;
                    runner.add(new EffectRunner.Task.Send(() -> node.tell(tell.command()), endsTheRun));
                }
            }
            case Effect.TellAllRanks tell -> {
                List<ActorRef<RankCommand>> all = List.copyOf(ranks.values());
                runner.add(new EffectRunner.Task.Send(() -> all.forEach(rank -> rank.tell(tell.command())), false));
            }
            case Effect.AnswerSender answer -> {
                ActorRef<RankCommand> rank = sender.rank();
                if (rank != null) {
                    runner.add(new EffectRunner.Task.Send(() -> rank.tell(answer.command()), false));
                }
            }
            case Effect.AnswerControl answer -> {
                Consumer<ControlAnswer> person = sender.person();
                if (person != null) {
                    runner.add(new EffectRunner.Task.Send(() -> person.accept(answer.answer()), false));
                }
            }
            case Effect.Finish finish -> runner.add(new EffectRunner.Task.End(finish.exitCode(), finish.message()));
            case Effect.WriteJournal write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.RecordStep write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.PrepareCheckpoint write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.DiscardCheckpoint discard -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.WriteManifest write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.FindCheckpoint find -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.WriteEvaluation write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.AskCaughtUp ask -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.WriteReport write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.TellEngine tell ->
                runner.add(new EffectRunner.Task.Send(() -> engine.accept(tell.news()), true));
            case Effect.Announce write -> runner.add(new EffectRunner.Task.Write(effect));
            case Effect.Note write -> runner.add(new EffectRunner.Task.Write(effect));
        }
    }

    private void abandon(String message) {
        StopNode stop = new StopNode(1, message);
        List<ActorRef<NodeCommand>> all = List.copyOf(nodes.values());
        runner.add(new EffectRunner.Task.Send(() -> all.forEach(node -> node.tell(stop)), true));
        runner.add(new EffectRunner.Task.End(1, message));
    }
}

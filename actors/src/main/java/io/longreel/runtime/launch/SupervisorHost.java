package io.longreel.runtime.launch;

import io.longreel.config.RunConfig;
import io.longreel.config.RunConfigLoader;
import io.longreel.config.RuntimeFailure;
import io.longreel.model.ModelConfig;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.journal.JournalEntry;
import io.longreel.runtime.journal.JournalHistory;
import io.longreel.runtime.journal.JournalLine;
import io.longreel.runtime.metrics.StepWork;
import io.longreel.runtime.plan.RunOperations;
import io.longreel.runtime.protocol.NodeCommand.Welcome;
import io.longreel.runtime.protocol.SupervisorCommand;
import io.longreel.runtime.rank.TrainingWorkFactory;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.JobPlan.Start;
import io.longreel.runtime.supervisor.RunEnd;
import io.longreel.runtime.supervisor.SupervisorActor;
import io.longreel.runtime.supervisor.SupervisorState;
import io.longreel.runtime.supervisor.Takeover;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The supervisor when it comes to this worker because the process that hosted it is gone. All it needs is what the worker was told when it was
 * welcomed, and the run directory. The cluster starts it here when this process is the oldest that may host it, on a thread that may
 * wait for a disk.
 */
final class SupervisorHost {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisorHost.class);

    private final String holder;
    private final LongSupplier clockMs;
    private final Consumer<String> unable;
    private final CompletableFuture<RunEnd> end = new CompletableFuture<>();
    private final AtomicReference<@Nullable Welcome> welcome = new AtomicReference<>();
    private volatile boolean isHosting;

    /**
     * @param holder this process, for people
     * @param clockMs steady clock
     * @param unable told why this process cannot supervise, when it has to
     */
    SupervisorHost(String holder, LongSupplier clockMs, Consumer<String> unable) {
        this.holder = holder;
        this.clockMs = clockMs;
        this.unable = unable;
    }

    /** What the run is. */
    void welcomed(Welcome message) {
        welcome.set(message);
    }

    /** Whether the supervisor came here and the run was not over then. */
    boolean isHosting() {
        return isHosting;
    }

    /** How the run ended, when this process hosted its supervisor at the end. */
    CompletableFuture<RunEnd> end() {
        return end;
    }

    /** What the cluster starts. */
    Behavior<SupervisorCommand> behavior() {
        return Behaviors.setup(context -> {
            Welcome known = welcome.get();
            if (known == null) {
                return idle("the seed was lost before this process was part of the run");
            }
            try {
                return takeOver(known, context.getSelf());
            } catch (IOException | RuntimeException e) {
                LOG.error("supervisor.not-taken-over", e);
                return idle("the supervisor came here, but the run directory cannot be used: " + e.getMessage());
            }
        });
    }

    private Behavior<SupervisorCommand> idle(String why) {
        unable.accept(why);
        return Behaviors.ignore();
    }

    private Behavior<SupervisorCommand> takeOver(Welcome known, ActorRef<SupervisorCommand> self) throws IOException {
        RunConfig config = RunConfigLoader.parse(known.configText(), "the run's configuration", List.of());
        if (config.serves()) {
            return idle("the process that had the questions is gone, and with it all of them");
        }
        RunDirectory directory = RunDirectory.at(config.out());
        if (directory.journal().last(JournalEntry.class).orElse(null) instanceof JournalEntry.RunEnded) {
            return Behaviors.ignore(); // the seed left behind the end of the run
        }
        LOG.info("supervisor.taking-over holder={} run={}", holder, directory.root());
        directory.takeOver();
        Journal journal = Journal.begin(directory.root(), holder, InstantSource.system());
        ModelConfig model = TrainingWorkFactory.modelOf(config);
        SupervisorState state = state(known, config, model, directory, journal.history());
        ResultFiles results = new ResultFiles(config, model, directory, InstantSource.system());
        StepWork work = RunOperations.of(config, model);
        RunWatch watch = RunWatch.open(
                config,
                model.tokensPerFrame(),
                work,
                directory,
                state.committed().globalStep(),
                InstantSource.system());
        watch.controls(self);
        RunFiles files = RunFiles.takeOver(
                config,
                directory,
                journal,
                state.committed().globalStep(),
                RunFiles.rope(config, model),
                work,
                results,
                watch.before(news -> LOG.info("run.news {}", news)));
        LOG.info(
                "supervisor.taken-over term={} generation={} {}",
                journal.term(),
                state.generation(),
                state.committed());
        isHosting = true;
        var unused = end.whenComplete((ended, failure) -> {
            results.closingReport();
            watch.close();
            release(directory);
        });
        return SupervisorActor.takeOver(state, files, clockMs, end);
    }

    private static void release(RunDirectory directory) {
        try {
            directory.close();
        } catch (RuntimeFailure e) {
            LOG.warn("run.lock-not-released", e); // the system drops it with the process
        }
    }

    private SupervisorState state(
            Welcome known, RunConfig config, ModelConfig model, RunDirectory directory, JournalHistory history) {
        boolean hasRanks = hasRanks(history);
        JobPlan plan = JobPlan.of(
                config,
                model.llm().heads(),
                known.configText(),
                known.runToken(),
                directory.root().toString(),
                hasRanks
                        ? Start.fresh(history.lastGeneration())
                        : ResumePoint.find(config, directory).start());
        long nowMs = clockMs.getAsLong();
        return hasRanks ? Takeover.of(plan, history, nowMs) : SupervisorState.initial(plan, nowMs);
    }

    /** Whether there are ranks to take over; otherwise the run is where its newest checkpoint is, and nodes join as at its start. */
    private static boolean hasRanks(JournalHistory history) {
        boolean hasRanks = false;
        for (JournalLine line : history.lines()) {
            if (line.entry() instanceof JournalEntry.Placed) {
                hasRanks = true;
            } else if (line.entry() instanceof JournalEntry.RunStarted) {
                hasRanks = false; // what earlier processes had in memory is gone
            }
        }
        return hasRanks;
    }
}

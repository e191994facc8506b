package io.longreel.chaos.sim;

import io.longreel.config.RuntimeFailure;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankCommand.ComputeReported;
import io.longreel.runtime.protocol.RankPulse;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.StepId;
import io.longreel.runtime.rank.RankCore;
import io.longreel.runtime.rank.RankDecision;
import io.longreel.runtime.rank.RankEffect;
import io.longreel.runtime.rank.RankProgram;
import io.longreel.runtime.rank.RankState;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One rank of one mesh incarnation: the production core and program, and a compute thread that is a state. */
final class SimRank {
    private enum Doing {
        IDLE,
        WAITING,
        COMPUTING,
        ENDING,
        ENDED
    }

    private final SimCluster cluster;
    private final SimNode node;
    private final SimMesh mesh;
    private final StepId start;
    private final ModelWork work;
    private final Chance chance;
    private final Deque<RankCommand.FromSupervisor> queue = new ArrayDeque<>();
    private @Nullable RankProgram program;
    private RankState state;
    private Doing doing = Doing.WAITING;
    private boolean isStuck;
    private long progress;

    SimRank(SimCluster cluster, SimNode node, SimMesh mesh, StepId start, int rank) {
        this.cluster = cluster;
        this.node = node;
        this.mesh = mesh;
        this.start = start;
        this.state = RankState.initial(rank, start.generation());
        this.chance = cluster.chance("rank-%d-%d".formatted(rank, start.generation()));
        ModelSession session = new ModelSession(cluster.disk().checkpoints(), cluster.ailments(mesh, rank));
        this.work = new ModelWork(mesh, rank, cluster.schedule().seed(), session);
    }

    int rank() {
        return state.rank();
    }

    int generation() {
        return state.generation();
    }

    SimNode node() {
        return node;
    }

    SimMesh mesh() {
        return mesh;
    }

    /** Whether it takes part in no collective any more. */
    boolean isOver() {
        return doing == Doing.ENDING || doing == Doing.ENDED || !node.isAlive();
    }

    double slowness() {
        return node.slowness();
    }

    RankPulse pulse() {
        return new RankPulse(rank(), progress, doing != Doing.COMPUTING);
    }

    void connected() {
        node.post(() -> {
            if (!isOver()) {
                program = new RankProgram(
                        start, rank(), work, () -> cluster.time().nowUs() * 1000);
                answer(new RankReport.RankConnected(start, rank()));
            }
        });
    }

    /** A message for this rank has arrived in its process. */
    void deliver(RankCommand command) {
        RankDecision decision = RankCore.apply(state, command);
        state = decision.state();
        decision.effects().forEach(this::perform);
    }

    private void perform(RankEffect effect) {
        switch (effect) {
            case RankEffect.Say say -> cluster.tellSupervisor(this, say.report());
            case RankEffect.Submit submit -> {
                queue.add(submit.command());
                takeUp();
            }
            case RankEffect.Stop stop -> stop();
            case RankEffect.Note note -> {}
        }
    }

    private void takeUp() {
        RankCommand.FromSupervisor command = doing == Doing.IDLE ? queue.poll() : null;
        if (command != null) {
            doing = Doing.WAITING;
            progress++;
            mesh.enter(this, command);
        }
    }

    /** All ranks have got to the same command. */
    void compute() {
        if (!isOver()) {
            doing = Doing.COMPUTING;
            progress++;
        }
    }

    /** A computation that never ends: from now on only the end of the process stops it. */
    void stick() {
        isStuck = true;
        doing = Doing.COMPUTING;
    }

    boolean isStuck() {
        return isStuck;
    }

    /** Does a command in which all ranks take part; empty when the rank failed. */
    Optional<RankReport> run(RankCommand.FromSupervisor command) {
        if (isStuck || program == null) {
            return Optional.empty();
        }
        cluster.checks().ran(generation(), command);
        progress++;
        try {
            RankReport report = program.run(command);
            cluster.checks().finished(report);
            if (command instanceof RankCommand.ExportModel && rank() == 0) {
                cluster.checks().exported(command.at().stage(), work.session().state());
            }
            doing = Doing.WAITING; // for those with whom slices are exchanged
            return Optional.of(report);
        } catch (RuntimeFailure e) {
            fail(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /** The compute thread has an answer. */
    void answer(RankReport report) {
        if (isOver()) {
            return;
        }
        doing = Doing.IDLE;
        deliver(new ComputeReported(report));
        takeUp();
    }

    /** The compute thread ends with an exception. */
    void fail(String message) {
        node.post(() -> {
            if (isOver() || isStuck) {
                return;
            }
            StepId at = state.pending().isEmpty()
                    ? start
                    : state.pending().getFirst().at();
            deliver(new ComputeReported(
                    new RankReport.RankFailed(at, rank(), RuntimeFailure.Category.RETRYABLE, message)));
            end();
        });
    }

    /** Told to end; does so at once when it waits, else as soon as it exchanges anything. */
    void stop() {
        if (isOver() || isStuck) {
            return;
        }
        boolean isBusy = doing == Doing.COMPUTING;
        doing = Doing.ENDING;
        cluster.time().afterMs(isBusy ? chance.between(1, 80) : chance.between(0, 2), () -> node.post(this::end));
    }

    private void end() {
        if (doing != Doing.ENDED) {
            doing = Doing.ENDED;
            queue.clear();
            node.rankEnded(rank());
        }
    }
}

package io.longreel.chaos.sim;

import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.supervisor.Decision;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.Event;
import io.longreel.runtime.supervisor.Phase;
import io.longreel.runtime.supervisor.SupervisorCore;
import io.longreel.runtime.supervisor.SupervisorState;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * What the supervisor of a job of some size has to do. The job is played once under virtual time, by the production cores of all processes, with one node that dies and a spare that stands
 * by; then the supervisor's core takes the same decisions again, alone, and is timed. Counts and virtual times are a function of the seed, processor times are measured.
 *
 * @param reportsPerStep messages of ranks that it decides for each committed step
 * @param beatsPerSecond of virtual time, from all nodes
 * @param sentPerStep messages to ranks for each committed step
 * @param decideNsPerStep processor time of the decisions about one step: all its reports
 * @param decideNsPerBeat of one beat
 * @param noticedMs from the crash until the supervisor stops the mesh, virtual; network and processes take what {@code Wires} and {@code SimRank} draw
 * @param committedMs from the crash until the next step that had not been committed before
 * @param recoveryReports messages in that time other than beats
 * @param recoveryNs processor time of the decisions in that time
 */
public record ControlLoad(
        int ranks,
        double reportsPerStep,
        double beatsPerSecond,
        double sentPerStep,
        double decideNsPerStep,
        double decideNsPerBeat,
        long noticedMs,
        long committedMs,
        int recoveryReports,
        long recoveryNs) {
    /** Steps of the played job, of a second each, and when the node dies: in the middle of one. */
    private static final int STEPS = 12;

    private static final long STEP_US = 1_000_000;
    private static final long CRASH_MS = 6_500;

    private static final long END_MS = 600_000;

    /** How often decisions are taken again: the last time counts, when everything is compiled. */
    private static final int ROUNDS = 3;

    /**
     * Plays and measures a job.
     *
     * @param clockNs what durations are measured with
     */
    public static ControlLoad of(int nodes, int ranksPerNode, long seed, LongSupplier clockNs) {
        Schedule schedule = new Schedule(
                seed,
                nodes,
                ranksPerNode,
                1,
                1,
                List.of(STEPS),
                false,
                1,
                0,
                1,
                STEP_US,
                true,
                List.of(new Fault.Crash(CRASH_MS, Schedule.host(nodes / 2), -1)));
        SimCluster cluster = new SimCluster(schedule, Mutant.NONE, false);
        cluster.keepEvents();
        FaultInjector injector = new FaultInjector(cluster);
        cluster.start();
        injector.arm();
        cluster.time().run(() -> cluster.ending().isPresent(), END_MS);
        if (cluster.ending().isEmpty() || !cluster.checks().violations().isEmpty()) {
            throw new IllegalStateException(
                    "a job with one crash and a spare must end well: nodes=%d ranksPerNode=%d seed=%d ending=%s violations=%s"
                            .formatted(
                                    nodes,
                                    ranksPerNode,
                                    seed,
                                    cluster.ending(),
                                    cluster.checks().violations()));
        }
        Replay replay = new Replay(nodes * ranksPerNode);
        for (int round = 0; round < ROUNDS; round++) {
            replay = new Replay(nodes * ranksPerNode);
            replay.take(SupervisorState.initial(cluster.plan(), 0), cluster.heard(), clockNs);
        }
        return replay.load();
    }

    /** The decisions once more, sorted by what they are about. One thread, one use. */
    private static final class Replay {
        private final int ranks;
        private long reports;
        private long reportNs;
        private long beats;
        private long beatNs;
        private long sent;
        private long recoveryNs;
        private int recoveryReports;
        private long steps = -1;
        private long endMs;
        private OptionalLong noticedMs = OptionalLong.empty();
        private OptionalLong committedMs = OptionalLong.empty();

        Replay(int ranks) {
            this.ranks = ranks;
        }

        void take(SupervisorState initial, List<Event> events, LongSupplier clockNs) {
            SupervisorState state = initial;
            for (Event event : events) {
                long beganNs = clockNs.getAsLong();
                Decision decision = SupervisorCore.apply(state, event);
                long tookNs = clockNs.getAsLong() - beganNs;
                state = decision.state();
                note(event, decision, tookNs);
            }
        }

        private void note(Event event, Decision decision, long tookNs) {
            long atMs = event.atMs();
            endMs = Math.max(endMs, atMs);
            boolean isBeat = event instanceof Event.NodeReported node && node.report() instanceof NodeReport.Beat;
            boolean isRecovering = atMs >= CRASH_MS && committedMs.isEmpty();
            if (isBeat) {
                beats++;
                beatNs += tookNs;
            } else if (isRecovering) {
                recoveryReports++;
                recoveryNs += tookNs;
            } else if (event instanceof Event.RankReported rank && rank.report() instanceof RankReport.StepFinished) {
                reports++;
                reportNs += tookNs;
            }
            if (isRecovering && noticedMs.isEmpty() && decision.state().phase() instanceof Phase.Stopping) {
                noticedMs = OptionalLong.of(atMs);
            }
            for (Effect effect : decision.effects()) {
                if (effect instanceof Effect.TellAllRanks && !isRecovering) {
                    sent += ranks;
                }
                if (effect instanceof Effect.RecordStep step
                        && step.step().position().globalStep() > steps) {
                    steps = step.step().position().globalStep();
                    if (isRecovering && noticedMs.isPresent()) {
                        committedMs = OptionalLong.of(atMs);
                    }
                }
            }
        }

        ControlLoad load() {
            double committed = Math.max(1, reports / (double) ranks);
            return new ControlLoad(
                    ranks,
                    reports / committed,
                    beats * 1e3 / endMs,
                    sent / committed,
                    reportNs / committed,
                    (double) beatNs / Math.max(1, beats),
                    noticedMs.orElse(CRASH_MS) - CRASH_MS,
                    committedMs.orElse(endMs) - CRASH_MS,
                    recoveryReports,
                    recoveryNs);
        }
    }
}

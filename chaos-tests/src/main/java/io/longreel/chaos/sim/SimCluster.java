package io.longreel.chaos.sim;

import io.longreel.chaos.checker.RunChecks;
import io.longreel.chaos.checker.Violation.Promise;
import io.longreel.config.topology.Placement;
import io.longreel.runtime.journal.Journal;
import io.longreel.runtime.node.NodeEnd;
import io.longreel.runtime.protocol.NodeCommand;
import io.longreel.runtime.protocol.NodeReport;
import io.longreel.runtime.protocol.RankCommand;
import io.longreel.runtime.protocol.RankReport;
import io.longreel.runtime.protocol.RecordReport;
import io.longreel.runtime.supervisor.Decision;
import io.longreel.runtime.supervisor.Effect;
import io.longreel.runtime.supervisor.Event;
import io.longreel.runtime.supervisor.JobPlan;
import io.longreel.runtime.supervisor.SupervisorCore;
import io.longreel.runtime.supervisor.SupervisorState;
import io.longreel.runtime.supervisor.Takeover;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A simulated cluster: its processes, what lies between them, and what they share. */
final class SimCluster {
    private static final int REFUSED = 2;
    private static final long TAKEOVER_AGAIN_MS = 1_000;

    /** When the membership gives up on a process that says nothing. */
    private static final long UNREACHABLE_MS = 4_000;

    /** How a run ended. */
    record Ending(int exitCode, String message) {}

    private final Schedule schedule;
    private final Mutant mutant;
    private final VirtualTime time = new VirtualTime();
    private final Chance chance;
    private final Wires wires;
    private final SimDisk disk;
    private final JobPlan plan;
    private final RunChecks checks;
    private final Ailing ailing;
    private final List<String> trace = new ArrayList<>();
    private final boolean isTraced;
    private final Map<String, SimNode> nodes = new TreeMap<>();
    private final Map<Integer, SimMesh> meshes = new TreeMap<>();
    private final Map<String, Integer> processes = new TreeMap<>();
    private final List<Event> heard = new ArrayList<>();
    private boolean keepsEvents;
    private @Nullable SimSupervisor supervisor;
    private Optional<Ending> ending = Optional.empty();

    SimCluster(Schedule schedule, Mutant mutant, boolean isTraced) {
        this.schedule = schedule;
        this.mutant = mutant;
        this.isTraced = isTraced;
        this.chance = new Chance(schedule.seed());
        this.wires = new Wires(time, chance("wires"));
        this.disk = new SimDisk(time, chance("disk"), schedule.seed());
        this.ailing = new Ailing(schedule);
        this.plan = SimPlan.of(schedule);
        this.checks = new RunChecks(SimPlan.expectedOf(schedule, ailing), time::nowMs);
    }

    /** Starts the seed and all nodes. */
    void start() {
        Journal journal = begin("seed");
        SimSupervisor first = new SimSupervisor(this, "seed", journal, SupervisorState.initial(plan, 0));
        supervisor = first;
        first.perform(List.of(new Effect.WriteJournal(SupervisorCore.opening(plan))));
        first.start();
        for (int node = 0; node < schedule.nodes() + schedule.spares(); node++) {
            startProcess(Schedule.host(node));
        }
    }

    private Journal begin(String holder) {
        Journal journal = disk.beginTerm(holder);
        checks.termBegan(journal.term());
        return journal;
    }

    /** Another process of a host: there is at most one. */
    void startProcess(String host) {
        if (ending.isPresent() || nodeOn(host).isPresent()) {
            return;
        }
        int number = processes.merge(host, 1, Integer::sum);
        SimNode node = new SimNode(this, "%s/%d".formatted(host, number), host);
        nodes.put(node.processId(), node);
        trace("%s starts", node.processId());
        time.afterMs(chance("start-" + node.processId()).between(0, 300), node::start);
    }

    /** Another supervisor begins, on a node that runs, and goes on from the journal. */
    void takeOver() {
        // Who died between writing that the run is over and saying so has left it to whoever looks.
        ending = ending.or(() -> disk.runEnded().map(entry -> new Ending(entry.exitCode(), entry.reason())));
        if (ending.isPresent()) {
            return;
        }
        Optional<SimNode> host = nodes.values().stream()
                .filter(SimNode::isRunning)
                .filter(node -> wires.connects(node.host(), current().host())
                        || !current().isAlive())
                .findFirst();
        if (host.isEmpty()) {
            time.afterMs(TAKEOVER_AGAIN_MS, this::takeOver);
            return;
        }
        trace("%s takes over from term %d", host.get().processId(), term());
        Journal journal = begin(host.get().processId());
        SimSupervisor next = new SimSupervisor(
                this, host.get().host(), journal, Takeover.of(plan, mutant.history(journal.history()), time.nowMs()));
        supervisor = next;
        next.start();
    }

    /** The process in which the supervisor lives is stopped, or goes on. */
    void supervisorsProcess(SimNode node, boolean runs) {
        SimSupervisor now = current();
        if (now.host().equals(node.host())) {
            if (runs) {
                now.resume();
            } else {
                now.pause();
                time.afterMs(UNREACHABLE_MS, () -> {
                    if (now.isPaused() && now == supervisor) {
                        takeOver();
                    }
                });
            }
        }
    }

    // What parts of the cluster ask for.

    VirtualTime time() {
        return time;
    }

    Wires wires() {
        return wires;
    }

    Schedule schedule() {
        return schedule;
    }

    Mutant mutant() {
        return mutant;
    }

    JobPlan plan() {
        return plan;
    }

    RunChecks checks() {
        return checks;
    }

    SimDisk disk() {
        return disk;
    }

    Chance chance(String part) {
        return chance.of(part);
    }

    int term() {
        return current().term();
    }

    SimSupervisor current() {
        return Objects.requireNonNull(supervisor);
    }

    Collection<SimNode> nodes() {
        return nodes.values();
    }

    Optional<SimNode> nodeOn(String host) {
        return nodes.values().stream()
                .filter(node -> node.isAlive() && node.host().equals(host))
                .findFirst();
    }

    Optional<Ending> ending() {
        return ending;
    }

    SimMesh mesh(Placement placement) {
        return meshes.computeIfAbsent(placement.generation(), g -> new SimMesh(this, placement));
    }

    ModelSession.Ailments ailments(SimMesh mesh, int rank) {
        return new ModelSession.Ailments() {
            @Override
            public boolean isNotFinite(int stage, int step) {
                return ailing.isNotFinite(mesh, stage, step);
            }

            @Override
            public boolean flipsABit(int stage, int step) {
                return ailing.flipsABit(mesh, rank, stage, step);
            }
        };
    }

    // Messages.

    void tellSupervisor(SimNode node, NodeReport report) {
        String to = current().host();
        wires.send(node.host(), to, () -> {
            SimSupervisor now = current();
            now.post(() -> {
                now.knows(node.processId());
                now.deliver(() -> new Event.NodeReported(time.nowMs(), report), null);
            });
        });
    }

    void tellSupervisor(SimRank rank, RankReport report) {
        wires.send(rank.node().host(), current().host(), () -> {
            SimSupervisor now = current();
            now.post(() -> {
                now.hear(rank);
                now.deliver(() -> new Event.RankReported(time.nowMs(), report), rank);
            });
        });
    }

    void tellNode(SimSupervisor from, String processId, NodeCommand.FromSupervisor command) {
        SimNode node = nodes.get(processId);
        if (node != null) {
            wires.send(
                    from.host(),
                    node.host(),
                    () -> node.post(() -> {
                        trace("%s <- %s", processId, command);
                        node.deliver(command);
                    }));
        }
    }

    void tellRank(SimSupervisor from, SimRank rank, RankCommand.FromSupervisor command) {
        wires.send(from.host(), rank.node().host(), () -> rank.node().post(() -> rank.deliver(command)));
    }

    // What becomes of processes and of the run.

    /** The process is gone, which its lifeline and whoever forked it notice. */
    void exited(SimNode node, int exitCode) {
        trace("%s is gone with %d", node.processId(), exitCode);
        if (current().host().equals(node.host()) && current().isAlive()) {
            current().kill();
            time.afterMs(TAKEOVER_AGAIN_MS, this::takeOver);
        }
        for (SimRank rank : List.copyOf(node.ranks().values())) {
            rank.mesh().peerGone();
        }
        long noticedMs = chance("exit-" + node.processId()).between(1, 400);
        time.afterMs(noticedMs, () -> noticed(node, exitCode));
        if (exitCode == NodeEnd.UNUSABLE || exitCode == REFUSED) {
            time.afterMs(noticedMs + 500, () -> startProcess(node.host())); // as whoever keeps processes up does
        }
    }

    /** Membership and lifelines know it as soon as anything gets through from that host. */
    private void noticed(SimNode node, int exitCode) {
        SimSupervisor now = current();
        if (!wires.connects(node.host(), now.host()) || !now.isAlive()) {
            time.afterMs(500, () -> noticed(node, exitCode));
            return;
        }
        now.post(() -> now.deliver(
                () -> new Event.NodeLost(time.nowMs(), node.processId(), "its process ended with " + exitCode, false),
                null));
    }

    void ended(SimSupervisor by, int exitCode, String message) {
        trace("the run ends with %d: %s", exitCode, message);
        if (by.term() == checks.newestTerm()) {
            ending = Optional.of(new Ending(exitCode, message));
        } else {
            checks.broken(Promise.ONE_SUPERVISOR, "term %d ended the run".formatted(by.term()));
        }
    }

    /** Keeps what the supervisor hears from now on, so that its decisions can be taken again. */
    void keepEvents() {
        keepsEvents = true;
    }

    List<Event> heard() {
        return heard;
    }

    void watch(SimSupervisor by, SupervisorState before, Event event, Decision decision) {
        if (keepsEvents) {
            heard.add(event);
        }
        for (Effect effect : decision.effects()) {
            if (effect instanceof Effect.TellNode tell && tell.command() instanceof NodeCommand.StartRanks start) {
                checks.started(start.at().generation(), start.placement().mesh().worldSize());
            }
        }
        if (event instanceof Event.RankReported reported
                && reported.report().at().generation() != before.generation()) {
            checks.require(
                    before.progress().equals(decision.state().progress())
                            && before.phase().equals(decision.state().phase()),
                    Promise.FENCED,
                    "generation %d was changed by %s",
                    before.generation(),
                    reported.report());
        }
        boolean isNews = !(event instanceof Event.TimePassed)
                && !(event instanceof Event.FilesRecorded files && files.report() instanceof RecordReport.CaughtUp)
                && !(event instanceof Event.NodeReported reported && reported.report() instanceof NodeReport.Beat);
        if (isNews || before.phase() != decision.state().phase()) {
            trace("supervisor %d: %s -> %s", by.term(), event, decision.state().phase());
        }
    }

    // The trace.

    @SuppressWarnings("AnnotateFormatMethod") // its annotation would be one more dependency
    void trace(String format, @Nullable Object... facts) {
        if (isTraced) {
            trace.add("%9d ms  %s".formatted(time.nowMs(), format.formatted(facts)));
        }
    }

    List<String> trace() {
        return trace;
    }
}

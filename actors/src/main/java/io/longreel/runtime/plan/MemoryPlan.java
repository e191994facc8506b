package io.longreel.runtime.plan;

import io.longreel.config.RunConfig;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Phase;
import io.longreel.curriculum.Curriculum;
import io.longreel.curriculum.eval.NeedleGrid;
import io.longreel.model.ModelConfig;
import io.longreel.model.PackedBatch;
import io.longreel.model.PlannedSession;
import io.longreel.model.SessionOptions;
import io.longreel.model.snapshot.SnapshotPeers;
import io.longreel.ops.device.Devices;
import io.longreel.runtime.plan.PlanLine.Kind;
import io.longreel.runtime.rank.TrainingWorkFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Walks through a run as its ranks would, on sessions that only count: the samples are those that the run's seed draws, step by step, so that arenas
 * grow when and as far as they will.
 */
public final class MemoryPlan implements AutoCloseable {
    private final RunConfig config;
    private final ModelConfig model;
    private final Curriculum curriculum;
    private final Map<Integer, PlannedSession> sessions = new LinkedHashMap<>();
    private final Map<Integer, List<PlanLine>> lines = new LinkedHashMap<>();
    /** Shapes of this stage that are planned, by replica: one that comes again takes nothing more. */
    private final Map<Integer, Set<Packing>> planned = new HashMap<>();

    private MemoryPlan(RunConfig config, ModelConfig model, Collection<Integer> ranks) {
        this.config = config;
        this.model = model;
        this.curriculum = Curriculum.withoutFootage(config, model);
        SnapshotPeers peers = SnapshotPeers.of(
                IntStream.range(0, config.mesh().worldSize())
                        .mapToObj(rank -> "node-" + rank / config.cluster().ranksPerNode())
                        .toList(),
                config.recovery().replicas());
        for (int rank : ranks) {
            PlannedSession session = PlannedSession.open(
                    model,
                    Devices.cpu(),
                    config.mesh(),
                    rank,
                    SessionOptions.of(config),
                    peers,
                    config.cluster().commitWindow() + 1);
            sessions.put(rank, session);
            lines.put(rank, new ArrayList<>());
        }
    }

    /** The memory of these ranks of a run, in an undisturbed run from its first step to its last. */
    public static List<RankPlan> of(RunConfig config, Collection<Integer> ranks) {
        try (MemoryPlan plan = new MemoryPlan(config, TrainingWorkFactory.modelOf(config), ranks)) {
            return plan.run();
        }
    }

    private List<RankPlan> run() {
        for (int index = 0; index < config.stages().size(); index++) {
            StageSettings stage = config.stages().get(index);
            planned.clear();
            sessions.values().forEach(session -> session.beginStage(stage));
            int step = 0;
            for (Phase phase : stage.phases()) {
                Packing most = phase(index, step, step + phase.steps());
                add(stage.name(), Kind.PHASE, phase.name(), most);
                step += phase.steps();
            }
            sessions.values().forEach(PlannedSession::endStage);
            stage.evaluation().ifPresent(needle -> add(stage.name(), Kind.TEST, needle.name(), test(needle)));
        }
        return lines.entrySet().stream()
                .map(entry -> new RankPlan(entry.getKey(), entry.getValue()))
                .toList();
    }

    /** Steps {@code [from, to)} of a stage; the sequence with most tokens. */
    private Packing phase(int stage, int from, int to) {
        int replicas = config.mesh().dataDegree();
        Packing most = Packing.NONE;
        for (int step = from; step < to; step++) {
            for (int replica = 0; replica < replicas; replica++) {
                for (PackedBatch batch :
                        curriculum.samples(stage, step, replica, replicas).batches()) {
                    Packing packing = Packing.of(batch, model.tokensPerFrame());
                    most = packing.tokens() > most.tokens() ? packing : most;
                    train(replica, batch, packing);
                }
            }
        }
        return most;
    }

    private void train(int replica, PackedBatch batch, Packing packing) {
        if (planned.computeIfAbsent(replica, key -> new HashSet<>()).add(packing)) {
            sessions.forEach((rank, session) -> {
                if (config.mesh().dataOf(rank) == replica) {
                    session.step(List.of(batch));
                }
            });
        }
    }

    /** The first test of each length: those after it find most of its frames encoded. */
    private Packing test(StageSettings.Needle needle) {
        NeedleGrid grid = curriculum.needleGrid(needle);
        Set<Integer> seen = new HashSet<>();
        Packing most = Packing.NONE;
        for (int cell = 0; cell < grid.cells().size(); cell++) {
            if (seen.add(grid.cells().get(cell).frames())) {
                PackedBatch batch = grid.batch(cell, 0);
                Packing packing = Packing.of(batch, model.tokensPerFrame());
                most = packing.tokens() > most.tokens() ? packing : most;
                sessions.values().forEach(session -> session.answer(batch));
            }
        }
        return most;
    }

    private void add(String stage, Kind kind, String part, Packing most) {
        sessions.forEach((rank, session) -> lines.computeIfAbsent(rank, key -> new ArrayList<>())
                .add(new PlanLine(stage, kind, part, most.frames(), most.tokens(), session.memory())));
    }

    @Override
    public void close() {
        sessions.values().forEach(PlannedSession::close);
        curriculum.close();
    }
}

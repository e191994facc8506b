package io.longreel.config.plan;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.MeshAdvice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Every way of using a cluster's ranks with 2D attention: what is allowed, fastest first, and why the rest is not. Pure. */
public final class MeshSearch {
    private final ModelShape model;
    private final ClusterSpec cluster;
    private final Software software;
    private final Workload work;
    private final OptionalInt zero;
    private final Optional<Boolean> recompute;

    /**
     * @param zero a stage that must be taken
     * @param recompute whether layers must be computed again
     */
    public MeshSearch(
            ModelShape model,
            ClusterSpec cluster,
            Software software,
            Workload work,
            OptionalInt zero,
            Optional<Boolean> recompute) {
        this.model = model;
        this.cluster = cluster;
        this.software = software;
        this.work = work;
        this.zero = zero;
        this.recompute = recompute;
    }

    /** All of them. */
    public Result run() {
        List<Ranked> ranked = new ArrayList<>();
        List<Illegal> illegal = new ArrayList<>();
        for (Mesh mesh : meshes()) {
            Optional<String> rule = brokenRule(mesh);
            if (rule.isPresent()) {
                illegal.add(new Illegal(mesh, rule.orElseThrow()));
                continue;
            }
            for (int stage = zero.orElse(1); stage <= zero.orElse(3); stage++) {
                for (boolean again : recompute.map(List::of).orElse(List.of(false, true))) {
                    ranked.add(rank(new MeshChoice(mesh, 1, stage, again)));
                }
            }
        }
        ranked.sort(Comparator.comparing((Ranked r) -> !r.memory().fits())
                .thenComparingDouble(
                        r -> r.memory().fits() ? r.cost().seconds() : r.memory().total())
                // Of equals the one that keeps less.
                .thenComparingDouble(r -> r.memory().total()));
        return new Result(ranked, illegal);
    }

    /** A choice with what it costs. */
    public Ranked rank(MeshChoice choice) {
        StepCase step = step(choice);
        return new Ranked(choice, CostModel.of(step), MemoryModel.of(step));
    }

    public StepCase step(MeshChoice choice) {
        return new StepCase(model, cluster, software, work, method(choice.mesh()), choice);
    }

    /** What a mesh breaks, in words; empty when it may be used. The rules are those of a run of this project. */
    public Optional<String> brokenRule(Mesh mesh) {
        if (mesh.worldSize() != cluster.gpus()) {
            return Optional.of(
                    "its degrees multiply to %d, and there are %d ranks".formatted(mesh.worldSize(), cluster.gpus()));
        }
        if (cluster.gpus() > MeshAdvice.RANKS_MAX) {
            return Optional.of("the transport takes at most %d ranks".formatted(MeshAdvice.RANKS_MAX));
        }
        if (mesh.ulyssesDegree() > model.heads()) {
            return Optional.of("a Ulysses degree of %d needs as many query heads, and the model has %d"
                    .formatted(mesh.ulyssesDegree(), model.heads()));
        }
        if (cluster.ranksPerNode() % mesh.innerDegree() != 0) {
            return Optional.of("groups of the inner axis must stay in a node: %d ranks of a node are no multiple of %d"
                    .formatted(cluster.ranksPerNode(), mesh.innerDegree()));
        }
        if (mesh.dataDegree() > work.batch()) {
            return Optional.of("%d replicas need as many sequences a step, and there are %d"
                    .formatted(mesh.dataDegree(), work.batch()));
        }
        return Optional.empty();
    }

    private List<Mesh> meshes() {
        List<Mesh> all = new ArrayList<>();
        int ranks = cluster.gpus();
        for (int data = 1; data <= ranks; data++) {
            for (int ring = 1; ranks % data == 0 && ring <= ranks / data; ring++) {
                if (ranks / data % ring == 0) {
                    int ulysses = ranks / data / ring;
                    Mesh mesh = new Mesh(data, ring, ulysses);
                    all.add(mesh);
                    // The other order places no group differently where one of the axes has a single rank and the other
                    // fits a node.
                    if ((ring > 1 && ulysses > 1) || cluster.ranksPerNode() % ulysses != 0) {
                        all.add(mesh.withInner(Mesh.Inner.RING));
                    }
                }
            }
        }
        return all;
    }

    static Method method(Mesh mesh) {
        return mesh.ringDegree() == 1
                ? Method.ULYSSES
                : mesh.ulyssesDegree() == 1 ? Method.RING_PIPELINED : Method.TWO_D;
    }

    /** @param cost of a step of the whole batch */
    public record Ranked(MeshChoice choice, StepCost cost, MemoryCost memory) {}

    /** @param rule what it breaks */
    public record Illegal(Mesh mesh, String rule) {}

    /** @param ranked those that fit first, fastest first; then the others, smallest first */
    public record Result(List<Ranked> ranked, List<Illegal> illegal) {
        public Result {
            ranked = List.copyOf(ranked);
            illegal = List.copyOf(illegal);
        }

        /** The fastest that fits. */
        public Optional<Ranked> best() {
            return ranked.stream().filter(r -> r.memory().fits()).findFirst();
        }
    }
}

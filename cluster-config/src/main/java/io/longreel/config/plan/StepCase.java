package io.longreel.config.plan;

/** Everything that a step's cost depends on. */
public record StepCase(
        ModelShape model, ClusterSpec cluster, Software software, Workload work, Method method, MeshChoice choice) {
    public StepCase {
        PlanRules.require(
                choice.worldSize() == cluster.gpus(),
                () ->
                        "the degrees of a mesh must multiply to the ranks of the cluster: data=%d ring=%d ulysses=%d tensor=%d gpus=%d"
                                .formatted(
                                        choice.mesh().dataDegree(),
                                        choice.mesh().ringDegree(),
                                        choice.mesh().ulyssesDegree(),
                                        choice.tensorDegree(),
                                        cluster.gpus()));
        PlanRules.require(
                work.frames() == 0 || model.vision().isPresent(),
                () -> "frames need a model with a vision tower: %s has none".formatted(model.name()));
    }

    public StepCase withTokens(long tokens) {
        return new StepCase(model, cluster, software, work.withTokens(tokens), method, choice);
    }

    public StepCase withChoice(MeshChoice other) {
        return new StepCase(model, cluster, software, work, method, other);
    }

    /** The same with what each rank has of cores that it shares. */
    StepCase onOwnShare() {
        double stretch = cluster.sharing().stretch(cluster.ranksPerNode());
        return stretch == 1
                ? this
                : new StepCase(model, cluster.divided(), software.slowed(stretch), work, method, choice);
    }

    /** Tokens of the fullest rank, to less than one. */
    double tokensPerRank() {
        return (double) work.tokens() / choice.sequenceRanks();
    }

    double framesPerRank() {
        return Math.ceilDiv(work.frames(), (long) choice.sequenceRanks());
    }

    /** Sequences that a replica computes one after the other. */
    int passes() {
        return Math.ceilDiv(work.batch(), choice.mesh().dataDegree());
    }

    /** Key/value heads that travel, together: each rank of a Ulysses group needs at least one. */
    int kvHeadsSent() {
        return Math.max(model.kvHeads(), choice.mesh().ulyssesDegree());
    }
}

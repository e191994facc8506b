package io.longreel.config.topology;

import io.longreel.config.RuntimeFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which meshes a cluster, a model and a curriculum allow, and which of them are nearest to one that they do not. There is always one: the
 * ring takes any number of ranks. Pure.
 *
 * @param nodes worker nodes
 * @param ranksPerNode ranks of each; a mesh has {@code nodes * ranksPerNode}, and the groups of its inner axis stay inside a node
 * @param heads query heads of the model, the largest Ulysses degree; {@link #ANY} when it is not known
 * @param samples fewest samples of a step, the largest data degree; {@link #ANY} when it is not known
 */
public record MeshAdvice(int nodes, int ranksPerNode, int heads, int samples) {
    /** What fits the stream ids of the transport. */
    public static final int RANKS_MAX = 1024;

    public static final int ANY = Integer.MAX_VALUE;

    private static final int SHOWN = 3;

    public MeshAdvice {
        if (nodes < 1 || ranksPerNode < 1 || heads < 1 || samples < 1) {
            throw new IllegalArgumentException(
                    "all numbers must be at least 1: nodes=%d ranksPerNode=%d heads=%d samples=%d"
                            .formatted(nodes, ranksPerNode, heads, samples));
        }
    }

    /** Refuses a mesh whose ranks are all in this process: its number of ranks is free, its Ulysses degree is not. */
    public static void requireInProcess(Mesh mesh, int heads) {
        if (mesh.worldSize() > RANKS_MAX) {
            throw RuntimeFailure.config("a mesh must have at most %d ranks: ring=%d ulysses=%d have %d"
                    .formatted(RANKS_MAX, mesh.ringDegree(), mesh.ulyssesDegree(), mesh.worldSize()));
        }
        if (mesh.ulyssesDegree() > heads) {
            List<Mesh> candidates = new ArrayList<>();
            for (int ulysses = 1; ulysses <= heads; ulysses++) {
                for (int ring = 1; ring * ulysses <= mesh.worldSize(); ring++) {
                    candidates.add(new Mesh(mesh.dataDegree(), ring, ulysses, mesh.inner()));
                }
            }
            String nearest = nearest(mesh, candidates.stream())
                    .map(m -> "ring=%d,ulysses=%d".formatted(m.ringDegree(), m.ulyssesDegree()))
                    .collect(Collectors.joining(" or "));
            throw RuntimeFailure.config(
                    "the Ulysses degree must not exceed the query heads of the model: ulysses=%d heads=%d; nearest that work: %s"
                            .formatted(mesh.ulyssesDegree(), heads, nearest));
        }
    }

    public int ranks() {
        return nodes * ranksPerNode;
    }

    /** Whether a mesh keeps every rule. */
    public boolean allows(Mesh mesh) {
        return mesh.worldSize() == ranks()
                && ranks() <= RANKS_MAX
                && ranksPerNode % mesh.innerDegree() == 0
                && mesh.ulyssesDegree() <= heads
                && mesh.dataDegree() <= samples;
    }

    /** Every mesh that is allowed; none when the cluster itself is too large. */
    public List<Mesh> allowed() {
        List<Mesh> meshes = new ArrayList<>();
        if (ranks() <= RANKS_MAX) {
            for (int data = 1; data <= ranks(); data++) {
                for (int ring = 1; data * ring <= ranks(); ring++) {
                    int ulysses = ranks() / (data * ring);
                    for (Mesh.Inner inner : Mesh.Inner.values()) {
                        meshes.add(new Mesh(data, ring, ulysses, inner));
                    }
                }
            }
        }
        return meshes.stream().filter(this::allows).toList();
    }

    /**
     * The allowed meshes that are nearest to one that was asked for, at most three, nearest first. The other inner axis is only offered for degrees
     * that the asked one does not allow.
     */
    public List<Mesh> nearest(Mesh asked) {
        Stream<Mesh> candidates = allowed().stream()
                .filter(mesh -> mesh.inner() == asked.inner() || !allows(mesh.withInner(asked.inner())));
        return nearest(asked, candidates).toList();
    }

    /** What to add to the message that refuses {@code asked}; empty when nothing is allowed. */
    public String hint(Mesh asked) {
        List<Mesh> nearest = nearest(asked);
        return nearest.isEmpty()
                ? ""
                : nearest.stream()
                        .map(MeshAdvice::written)
                        .collect(Collectors.joining(" or ", "; nearest that work: ", ""));
    }

    /**
     * Of meshes that are equally near comes first the one that keeps the inner axis, then the larger Ulysses degree, then the larger ring.
     */
    private static Stream<Mesh> nearest(Mesh asked, Stream<Mesh> candidates) {
        return candidates
                .sorted(Comparator.comparing((Mesh mesh) -> Distance.between(asked, mesh))
                        .thenComparing(mesh -> mesh.inner() != asked.inner())
                        .thenComparing(Mesh::ulyssesDegree, Comparator.reverseOrder())
                        .thenComparing(Mesh::ringDegree, Comparator.reverseOrder()))
                .limit(SHOWN);
    }

    /**
     * How often an axis has to be doubled or halved, all axes together; another inner axis counts as once. Kept as the fraction whose logarithm this
     * is, so that equal distances are equal: with degrees up to {@link #RANKS_MAX} no product leaves a long.
     */
    private record Distance(long numerator, long denominator) implements Comparable<Distance> {
        static Distance between(Mesh asked, Mesh mesh) {
            return new Distance(mesh.inner() == asked.inner() ? 1 : 2, 1)
                    .and(asked.dataDegree(), mesh.dataDegree())
                    .and(asked.ringDegree(), mesh.ringDegree())
                    .and(asked.ulyssesDegree(), mesh.ulyssesDegree());
        }

        private Distance and(int a, int b) {
            return new Distance(numerator * Math.max(a, b), denominator * Math.min(a, b));
        }

        @Override
        public int compareTo(Distance other) {
            return Long.compare(numerator * other.denominator, other.numerator * denominator);
        }
    }

    private static String written(Mesh mesh) {
        String degrees =
                "data=%d ring=%d ulysses=%d".formatted(mesh.dataDegree(), mesh.ringDegree(), mesh.ulyssesDegree());
        return mesh.inner() == Mesh.Inner.ULYSSES ? degrees : degrees + " inner=ring";
    }
}

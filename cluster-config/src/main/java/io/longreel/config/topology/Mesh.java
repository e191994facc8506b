package io.longreel.config.topology;

import io.longreel.config.RuntimeFailure;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The device mesh, outermost axis first: data parallel x ring x Ulysses. Ulysses is the fastest axis, so that the ranks of a Ulysses
 * group are neighbours and share a node, and a ring group has one rank of each node (LongVILA, section 3.3; specification 3.1):
 *
 * <pre>
 *   rank = (data * ringDegree + ring) * ulyssesDegree + ulysses
 * </pre>
 *
 * <p>The sequence group of a rank is all ranks with the same data coordinate; {@code spDegree = ringDegree * ulyssesDegree}.
 */
public record Mesh(int dataDegree, int ringDegree, int ulyssesDegree) {

    public Mesh {
        if (dataDegree < 1 || ringDegree < 1 || ulyssesDegree < 1) {
            throw RuntimeFailure.config("every mesh degree must be at least 1: data=%d ring=%d ulysses=%d"
                    .formatted(dataDegree, ringDegree, ulyssesDegree));
        }
    }

    public static Mesh single() {
        return new Mesh(1, 1, 1);
    }

    public int worldSize() {
        return dataDegree * ringDegree * ulyssesDegree;
    }

    public int spDegree() {
        return ringDegree * ulyssesDegree;
    }

    public int rankOf(int data, int ring, int ulysses) {
        return (data * ringDegree + ring) * ulyssesDegree + ulysses;
    }

    public int dataOf(int rank) {
        return checked(rank) / spDegree();
    }

    public int ringOf(int rank) {
        return checked(rank) / ulyssesDegree % ringDegree;
    }

    public int ulyssesOf(int rank) {
        return checked(rank) % ulyssesDegree;
    }

    /** Ranks that exchange heads by all-to-all, in Ulysses order. */
    public List<Integer> ulyssesGroup(int rank) {
        return IntStream.range(0, ulyssesDegree)
                .mapToObj(u -> rankOf(dataOf(rank), ringOf(rank), u))
                .toList();
    }

    /** Ranks between which K/V rotate, in ring order. */
    public List<Integer> ringGroup(int rank) {
        return IntStream.range(0, ringDegree)
                .mapToObj(r -> rankOf(dataOf(rank), r, ulyssesOf(rank)))
                .toList();
    }

    /** Ranks that share one packed sequence, in rank order. */
    public List<Integer> sequenceGroup(int rank) {
        return IntStream.range(0, spDegree())
                .mapToObj(i -> dataOf(rank) * spDegree() + i)
                .toList();
    }

    /** All ranks, in order. */
    public List<Integer> worldGroup() {
        return IntStream.range(0, worldSize()).boxed().toList();
    }

    @Override
    public String toString() {
        return "data=%d,ring=%d,ulysses=%d".formatted(dataDegree, ringDegree, ulyssesDegree);
    }

    private int checked(int rank) {
        if (rank < 0 || rank >= worldSize()) {
            throw new IllegalArgumentException(
                    "rank must lie in the mesh: rank=%d worldSize=%d".formatted(rank, worldSize()));
        }
        return rank;
    }
}

package io.longreel.config.topology;

import io.longreel.config.RuntimeFailure;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The device mesh: data parallel x ring x Ulysses. The data axis is the outermost; which of the other two is the fastest, so that its groups
 * are neighbours and share a node, is {@link Inner}. With Ulysses inside, a ring group has one rank of each node (LongVILA, section 3.3;
 * specification 3.1); with the ring inside, a Ulysses group has:
 *
 * <pre>
 *   ULYSSES   rank = (data * ringDegree + ring) * ulyssesDegree + ulysses
 *   RING      rank = (data * ulyssesDegree + ulysses) * ringDegree + ring
 * </pre>
 *
 * <p>The sequence group of a rank is all ranks with the same data coordinate; {@code spDegree = ringDegree * ulyssesDegree}.
 *
 * @param inner the fastest axis
 */
public record Mesh(int dataDegree, int ringDegree, int ulyssesDegree, Inner inner) {

    /** The axis whose groups are consecutive ranks. */
    public enum Inner {
        ULYSSES,
        RING
    }

    public Mesh {
        if (dataDegree < 1 || ringDegree < 1 || ulyssesDegree < 1) {
            throw RuntimeFailure.config("every mesh degree must be at least 1: data=%d ring=%d ulysses=%d"
                    .formatted(dataDegree, ringDegree, ulyssesDegree));
        }
    }

    /** With Ulysses as the inner axis. */
    public Mesh(int dataDegree, int ringDegree, int ulyssesDegree) {
        this(dataDegree, ringDegree, ulyssesDegree, Inner.ULYSSES);
    }

    public static Mesh single() {
        return new Mesh(1, 1, 1);
    }

    public Mesh withInner(Inner other) {
        return new Mesh(dataDegree, ringDegree, ulyssesDegree, other);
    }

    public int worldSize() {
        return dataDegree * ringDegree * ulyssesDegree;
    }

    public int spDegree() {
        return ringDegree * ulyssesDegree;
    }

    /** Size of the groups that are consecutive ranks. */
    public int innerDegree() {
        return inner == Inner.ULYSSES ? ulyssesDegree : ringDegree;
    }

    public int rankOf(int data, int ring, int ulysses) {
        int index = inner == Inner.ULYSSES ? ring * ulyssesDegree + ulysses : ulysses * ringDegree + ring;
        return data * spDegree() + index;
    }

    public int dataOf(int rank) {
        return checked(rank) / spDegree();
    }

    public int ringOf(int rank) {
        return inner == Inner.ULYSSES ? checked(rank) / ulyssesDegree % ringDegree : checked(rank) % ringDegree;
    }

    public int ulyssesOf(int rank) {
        return inner == Inner.ULYSSES ? checked(rank) % ulyssesDegree : checked(rank) / ringDegree % ulyssesDegree;
    }

    /** Index of a rank in its sequence group. */
    public int sequenceIndexOf(int rank) {
        return checked(rank) % spDegree();
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

    /** {@code data=1,ring=2,ulysses=2}, and the inner axis where it is not Ulysses. */
    @Override
    public String toString() {
        String degrees = "data=%d,ring=%d,ulysses=%d".formatted(dataDegree, ringDegree, ulyssesDegree);
        return inner == Inner.ULYSSES
                ? degrees
                : degrees + ",inner=" + inner.name().toLowerCase(Locale.ROOT);
    }

    private int checked(int rank) {
        if (rank < 0 || rank >= worldSize()) {
            throw new IllegalArgumentException(
                    "rank must lie in the mesh: rank=%d worldSize=%d".formatted(rank, worldSize()));
        }
        return rank;
    }
}

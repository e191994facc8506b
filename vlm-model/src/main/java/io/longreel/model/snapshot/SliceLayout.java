package io.longreel.model.snapshot;

import io.longreel.model.checkpoint.StateKind;
import io.longreel.model.state.FlatSpace;
import io.longreel.model.state.TrainedRange;
import io.longreel.model.state.Unit;
import io.longreel.model.state.WeightStore;
import io.longreel.ops.tensor.DType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;

/**
 * Where in a rank's slice each element of the state lies. It follows from what the state is, the rank and the size of the world alone, so that every rank
 * knows the layout of every other one, and a mesh that of the one before it. Two sections: what a step changes, and the frozen rest. Immutable.
 */
final class SliceLayout {

    /** Part of a slice that is copied and sent at one time. */
    enum Section {
        /** Masters of what trains, m and v: other after each step. */
        MOVING,
        /** Weights that do not train in this stage, as they are kept. */
        FROZEN
    }

    /**
     * What of the state there is.
     *
     * @param stores units of each weight store, in order
     * @param frozenType what frozen weights are kept in
     * @param ranges what trains, in the optimizer's order; none when nothing does
     */
    record State(List<List<Unit>> stores, DType frozenType, List<TrainedRange> ranges) {

        /** The first store has the model's weights; all of any other one's train. */
        static State of(List<WeightStore> stores, List<TrainedRange> ranges) {
            return new State(
                    stores.stream().map(WeightStore::units).toList(),
                    stores.getFirst().form().dtype(),
                    List.copyOf(ranges));
        }
    }

    /**
     * Elements of one named vector.
     *
     * @param shape shape of the whole tensor
     * @param from first of its elements
     * @param at where that lies in the section, in elements
     */
    record Piece(StateKind kind, String name, int[] shape, long from, long elements, Section section, long at) {}

    /** The rank's share of a range that trains: its elements are one run each of masters, m and v. */
    record Share(long elements, long masterAt, long mAt, long vAt) {}

    /** Elements of a unit, from {@code flatFrom}, that are frozen. */
    record Frozen(int store, Unit unit, long flatFrom, long elements, long at) {}

    private final List<Piece> pieces = new ArrayList<>();
    private final List<Share> shares = new ArrayList<>();
    private final List<Frozen> frozen = new ArrayList<>();
    private final DType frozenType;
    private long movingElements;
    private long frozenElements;
    /** 0 until somebody asked: a restore looks at the layouts of all ranks, and compares few. */
    private int fingerprint;

    private SliceLayout(State state, int rank, int ranks) {
        this.frozenType = state.frozenType;
        List<Piece> moments = new ArrayList<>();
        Set<String> trained = new HashSet<>();
        for (TrainedRange range : state.ranges) {
            addShare(range, rank, ranks, moments);
            range.pieces(0, range.elements()).forEach(piece -> trained.add(piece.name()));
        }
        for (int store = 0; store < state.stores.size(); store++) {
            for (Unit unit : state.stores.get(store)) {
                addFrozen(store, unit, rank, ranks, trained);
            }
        }
        pieces.addAll(moments);
    }

    static SliceLayout of(State state, int rank, int ranks) {
        return new SliceLayout(state, rank, ranks);
    }

    /** Everything in the slice, in the order in which a checkpoint's slice has it. */
    List<Piece> pieces() {
        return pieces;
    }

    /** One share for each range, in order. */
    List<Share> shares() {
        return shares;
    }

    /** The frozen section, as runs of units. */
    List<Frozen> frozen() {
        return frozen;
    }

    long elements(Section section) {
        return section == Section.MOVING ? movingElements : frozenElements;
    }

    /** What the elements of a section are kept in. */
    DType type(Section section) {
        return section == Section.MOVING ? DType.F32 : frozenType;
    }

    long payloadBytes(Section section) {
        return elements(section) * type(section).sizeBytes();
    }

    /** Equal for equal layouts, and for nothing else that a run will meet. */
    int fingerprint() {
        if (fingerprint == 0) {
            fingerprint = fingerprint(pieces, frozenType);
        }
        return fingerprint;
    }

    /** Weights first, in the slice as in a file; moments are kept back, as they come last there. */
    private void addShare(TrainedRange range, int rank, int ranks, List<Piece> moments) {
        long[] bounds = range.bounds(ranks);
        long first = bounds[rank];
        long elements = bounds[rank + 1] - first;
        Share share = new Share(elements, movingElements, movingElements + elements, movingElements + 2 * elements);
        shares.add(share);
        movingElements += 3 * elements;
        for (FlatSpace.Piece piece : range.pieces(first, first + elements)) {
            int[] shape = range.unit().spec(piece.name()).shape();
            long at = piece.flatFrom() - first;
            pieces.add(moving(StateKind.WEIGHT, piece, shape, share.masterAt + at));
            moments.add(moving(StateKind.M, piece, shape, share.mAt + at));
            moments.add(moving(StateKind.V, piece, shape, share.vAt + at));
        }
    }

    private void addFrozen(int store, Unit unit, int rank, int ranks, Set<String> trained) {
        long[] bounds = unit.space().evenBounds(ranks);
        for (FlatSpace.Piece piece : unit.space().pieces(bounds[rank], bounds[rank + 1])) {
            if (trained.contains(piece.name())) {
                continue;
            }
            int[] shape = unit.spec(piece.name()).shape();
            pieces.add(new Piece(
                    StateKind.WEIGHT,
                    piece.name(),
                    shape,
                    piece.from(),
                    piece.elements(),
                    Section.FROZEN,
                    frozenElements));
            frozen.add(new Frozen(store, unit, piece.flatFrom(), piece.elements(), frozenElements));
            frozenElements += piece.elements();
        }
    }

    private static Piece moving(StateKind kind, FlatSpace.Piece piece, int[] shape, long at) {
        return new Piece(kind, piece.name(), shape, piece.from(), piece.elements(), Section.MOVING, at);
    }

    private static int fingerprint(List<Piece> pieces, DType frozenType) {
        CRC32C crc = new CRC32C();
        crc.update(frozenType.name().getBytes(StandardCharsets.UTF_8));
        for (Piece piece : pieces) {
            String text = "%s %s %s %d %d %s %d;"
                    .formatted(
                            piece.kind,
                            piece.name,
                            Arrays.toString(piece.shape),
                            piece.from,
                            piece.elements,
                            piece.section,
                            piece.at);
            crc.update(text.getBytes(StandardCharsets.UTF_8));
        }
        return (int) crc.getValue();
    }
}

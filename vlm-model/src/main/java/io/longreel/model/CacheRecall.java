package io.longreel.model;

import io.longreel.model.cache.CachedSequence;
import io.longreel.model.cache.KeyValueCache;
import io.longreel.model.cache.RankCache;
import io.longreel.model.cache.RowTransfer;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the ranks of a new mesh incarnation still have between them of the sequences of the one before: a rank that is new gets what the rank behind it in the ring has mirrored of its
 * predecessor, and mirrors anew. A sequence stays when every rank's part of it is somewhere, of the same use; of tokens that only some ranks have none stays. Collective over
 * the sequence group; all ranks come to the same list.
 */
final class CacheRecall {
    /** Numbers that a rank says of a sequence: id, turn, length, rows that it has room for. */
    private static final int FACTS = 4;

    private final RankCache cache;
    private final Groups groups;

    CacheRecall(RankCache cache, Groups groups) {
        this.cache = cache;
        this.groups = groups;
    }

    /** What ranks say of one sequence; null where one knows nothing. */
    private record Fact(long turn, int length, int rowsMax) {}

    /** The sequences that stay, after which every rank has its part, and the mirror of its predecessor's. */
    List<InferenceSession.Kept> run(Kernels kernels) {
        List<InferenceSession.Kept> kept = new ArrayList<>();
        Map<Long, @Nullable Fact[]> all = inventory();
        if (cache.mirror().isEmpty()) {
            all.entrySet().removeIf(entry -> isMissingSomewhere(entry.getValue()));
        }
        all.forEach((id, facts) -> agreed(id, facts).ifPresent(kept::add));
        cache.keepOnly(kept.stream().map(InferenceSession.Kept::sequence).toList());
        for (InferenceSession.Kept one : kept) {
            @Nullable Fact[] facts = all.get(one.sequence());
            if (facts != null) {
                complete(kernels, one, facts);
            }
        }
        return kept;
    }

    private static boolean isMissingSomewhere(@Nullable Fact[] facts) {
        for (Fact fact : facts) {
            if (fact == null) {
                return true;
            }
        }
        return false;
    }

    /** What every rank has, by sequence and member. */
    private Map<Long, @Nullable Fact[]> inventory() {
        Communicator all = groups.sequence();
        List<Long> ids = cache.ids();
        double[] counts = new double[all.size()];
        counts[all.index()] = ids.size();
        all.allReduceSum(counts);
        int most = 0;
        for (double count : counts) {
            most = Math.max(most, (int) count);
        }
        double[] facts = new double[all.size() * most * FACTS];
        for (int i = 0; i < ids.size(); i++) {
            RankCache.Entry entry = cache.entry(ids.get(i));
            int at = (all.index() * most + i) * FACTS;
            facts[at] = ids.get(i);
            facts[at + 1] = entry.turn();
            facts[at + 2] = entry.length();
            facts[at + 3] = entry.own().rowsMax();
        }
        all.allReduceSum(facts);
        Map<Long, @Nullable Fact[]> found = new TreeMap<>();
        for (int member = 0; member < all.size(); member++) {
            for (int i = 0; i < (int) counts[member]; i++) {
                int at = (member * most + i) * FACTS;
                Fact fact = new Fact((long) facts[at + 1], (int) facts[at + 2], (int) facts[at + 3]);
                found.computeIfAbsent((long) facts[at], id -> new Fact[all.size()])[member] = fact;
            }
        }
        return found;
    }

    /** Empty when parts are missing, or are not of the same use. */
    private Optional<InferenceSession.Kept> agreed(long id, @Nullable Fact[] facts) {
        TreeSet<Long> turns = new TreeSet<>();
        int length = Integer.MAX_VALUE;
        for (int member = 0; member < facts.length; member++) {
            Fact fact = facts[member];
            if (fact != null) {
                turns.add(fact.turn());
                length = Math.min(length, fact.length());
            } else if (facts[behind(member)] == null) {
                return Optional.empty();
            }
        }
        return turns.size() == 1 && length > 0
                ? Optional.of(new InferenceSession.Kept(id, turns.first(), length))
                : Optional.empty();
    }

    /** The member that mirrors another. */
    private int behind(int member) {
        int ring = groups.mesh().ringOf(member);
        return groups.mesh()
                .rankOf(
                        0,
                        (ring + 1) % groups.mesh().ringDegree(),
                        groups.mesh().ulyssesOf(member));
    }

    /** Brings what is missing to where it belongs. */
    private void complete(Kernels kernels, InferenceSession.Kept one, @Nullable Fact[] facts) {
        int rowsMax = 0;
        for (Fact fact : facts) {
            rowsMax = fact == null ? rowsMax : Math.max(rowsMax, fact.rowsMax());
        }
        boolean isNew = !cache.has(one.sequence());
        if (isNew) {
            cache.begin(one.sequence(), one.turn(), rowsMax);
        } else {
            cache.settle(one.sequence(), one.length(), rowsMax);
        }
        RankCache.Entry entry = cache.entry(one.sequence());
        if (isMissingSomewhere(facts)) {
            KeyValueCache mirror = cache.mirror().orElseThrow();
            CachedSequence mirrored = entry.mirror();
            if (mirrored == null) {
                throw new IllegalStateException("a cache with a mirror mirrors all sequences: " + one);
            }
            int ring = groups.ringRank();
            int next = (ring + 1) % groups.mesh().ringDegree();
            int previous = Math.floorMod(ring - 1, groups.mesh().ringDegree());
            int self = groups.sequence().index();
            int before = groups.mesh().rankOf(0, previous, groups.ulyssesRank());
            // Own parts come home from the mirrors behind them.
            move(
                    kernels,
                    facts[before] == null ? mirrored : null,
                    mirror,
                    previous,
                    facts[self] == null ? entry.own() : null,
                    cache.own(),
                    next);
            // Who is new mirrors its predecessor again.
            move(
                    kernels,
                    facts[behind(self)] == null ? entry.own() : null,
                    cache.own(),
                    next,
                    facts[self] == null ? mirrored : null,
                    mirror,
                    previous);
        }
        entry.reached(one.length());
    }

    /** Positions and rows of a whole sequence to one neighbour, and others from the other. */
    private void move(
            Kernels kernels,
            @Nullable CachedSequence sent,
            KeyValueCache sentCache,
            int to,
            @Nullable CachedSequence received,
            KeyValueCache receivedCache,
            int from) {
        int[] positions = sent == null ? new int[0] : sent.positions();
        int[] arriving = positions(positions, sent != null, to, received != null, from);
        List<CachedSequence.Piece> out = sent == null ? List.of() : sent.pieces(0, positions.length);
        List<CachedSequence.Piece> in = received == null ? List.of() : received.pieces(0, arriving.length);
        try (TensorArena arena = buffers(sentCache.shape(), positions.length + arriving.length)) {
            Workspace moving = new Workspace(kernels, arena, arena);
            RowTransfer.run(
                    moving,
                    groups.ring(),
                    new RowTransfer.Rows(sentCache, out),
                    to,
                    new RowTransfer.Rows(receivedCache, in),
                    from);
        }
        if (received != null) {
            received.append(arriving);
        }
    }

    private static TensorArena buffers(KeyValueCache.Shape shape, int rows) {
        long elements = (long) rows * shape.kvHeads() * (shape.keyDim() + shape.valueDim());
        return TensorArena.open("cache-recall", elements * Float.BYTES + 2 * TensorArena.sizeBytes(DType.F32, 64));
    }

    private int[] positions(int[] own, boolean sends, int to, boolean receives, int from) {
        int count = counts(sends ? own.length : 0, sends, to, receives, from);
        try (TensorArena arena = TensorArena.open(
                "cache-positions",
                TensorArena.sizeBytes(DType.I32, own.length) + TensorArena.sizeBytes(DType.I32, count))) {
            Tensor out = arena.allocate(DType.I32, own.length);
            Tensor in = arena.allocate(DType.I32, count);
            MemorySegment.copy(own, 0, out.segment(), ValueLayout.JAVA_INT, 0, own.length);
            groups.ring()
                    .startSendReceive(out.segment(), to, in.segment(), from)
                    .await();
            int[] arrived = new int[count];
            MemorySegment.copy(in.segment(), ValueLayout.JAVA_INT, 0, arrived, 0, count);
            return arrived;
        }
    }

    /** How many rows the neighbour sends. */
    private int counts(int own, boolean sends, int to, boolean receives, int from) {
        try (TensorArena arena = TensorArena.open("cache-counts", 2 * TensorArena.sizeBytes(DType.I32, 1))) {
            Tensor out = arena.allocate(DType.I32, sends ? 1 : 0);
            Tensor in = arena.allocate(DType.I32, receives ? 1 : 0);
            if (sends) {
                out.segment().set(ValueLayout.JAVA_INT, 0, own);
            }
            groups.ring()
                    .startSendReceive(out.segment(), to, in.segment(), from)
                    .await();
            return receives ? in.segment().get(ValueLayout.JAVA_INT, 0) : 0;
        }
    }
}

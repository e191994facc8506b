package io.longreel.model.verify;

import io.longreel.config.topology.Mesh;
import io.longreel.config.topology.Placement;
import io.longreel.model.Groups;
import io.longreel.model.shard.Redistribution;
import io.longreel.model.shard.RedistributionPlan;
import io.longreel.model.shard.SequenceLayout;
import io.longreel.model.shard.Span;
import io.longreel.model.shard.TokenShards;
import io.longreel.model.state.Workspace;
import io.longreel.ops.device.Device;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.InProcessTransport;
import io.longreel.transport.RankEndpoint;
import io.longreel.transport.RankThreads;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Moves rows from the ranks that encode frames to the ranks that own their tokens, and gradients back: each row arrives where its token lies, nothing
 * else is touched, only rows that change owner travel, and the way back is the adjoint of the way there. Values are small whole numbers, so that sums of
 * products are exact. Also: frames and tokens are even over the ranks, and the labels that the ranks hold are those of the whole sequence.
 */
final class RedistributionCheck {
    private static final int WIDTH = 5;
    private static final float TEXT = -1;

    private final Device device;
    private final long seed;

    /** What was checked, over all cases. */
    record Summary(int cases, long mediaRows, long movedRows, long sentBytes, long labels, List<String> failures) {
        static final Summary NONE = new Summary(0, 0, 0, 0, 0, List.of());

        Summary plus(Summary other) {
            List<String> both = new ArrayList<>(failures);
            both.addAll(other.failures);
            return new Summary(
                    cases + other.cases,
                    mediaRows + other.mediaRows,
                    movedRows + other.movedRows,
                    sentBytes + other.sentBytes,
                    labels + other.labels,
                    both);
        }
    }

    RedistributionCheck(Device device, long seed) {
        this.device = device;
        this.seed = seed;
    }

    /** All layouts and packings at one length on one mesh. */
    Summary check(Mesh mesh, int tokens) {
        Summary sum = Summary.NONE;
        for (PackingCase packing : PackingCase.values()) {
            SplittableRandom random = new SplittableRandom(seed + tokens);
            TokenSequence sequence = TokenSequence.of(packing.documents(tokens, mesh.spDegree(), random), random);
            for (LayoutCase kind : LayoutCase.values()) {
                String where =
                        "mesh=[%s] layout=%s packing=%s tokens=%d seed=%d".formatted(mesh, kind, packing, tokens, seed);
                sum = sum.plus(check(mesh, kind, sequence, where));
            }
        }
        return sum;
    }

    private Summary check(Mesh mesh, LayoutCase kind, TokenSequence sequence, String where) {
        SequenceLayout layout = SequenceLayout.of(sequence.batch(), TokenSequence.TOKENS_PER_FRAME);
        TokenShards shards = kind.shards(layout, mesh);
        int[] owner = new int[sequence.tokens()];
        int[] encoder = new int[layout.frames()];
        List<String> failures = new ArrayList<>();
        checkEvenness(mesh, kind, layout, shards, owner, encoder, failures);
        List<Moved> ranks;
        try (InProcessTransport transport = InProcessTransport.open(Placement.inProcess(mesh))) {
            ranks = RankThreads.run(transport.endpoints(), endpoint -> rank(mesh, layout, shards, endpoint));
        }
        long moved = 0;
        for (int row = 0; row < layout.mediaToken().length; row++) {
            int from = encoder[row / TokenSequence.TOKENS_PER_FRAME];
            moved += from == owner[layout.mediaToken()[row]] ? 0 : 1;
        }
        long sent = ranks.stream().mapToLong(Moved::sentBytes).sum();
        expect(failures, "bytes sent, both ways", 2 * moved * WIDTH * Float.BYTES, sent);
        expect(
                failures,
                "rows in a wrong place",
                0,
                ranks.stream().mapToLong(Moved::wrongRows).sum());
        long there = ranks.stream().mapToLong(Moved::productThere).sum();
        long back = ranks.stream().mapToLong(Moved::productBack).sum();
        expect(failures, "product of gradients with rows, there and back", there, back);
        long labels = checkLabels(mesh, layout, shards, sequence, failures);
        return new Summary(
                1,
                layout.mediaToken().length,
                moved,
                sent,
                labels,
                failures.stream().map(f -> f + " " + where).toList());
    }

    private static void checkEvenness(
            Mesh mesh,
            LayoutCase kind,
            SequenceLayout layout,
            TokenShards shards,
            int[] owner,
            int[] encoder,
            List<String> failures) {
        int ranks = mesh.spDegree();
        Arrays.fill(owner, -1);
        Arrays.fill(encoder, -1);
        int[] tokens = new int[ranks];
        int[] frames = new int[ranks];
        for (int rank = 0; rank < ranks; rank++) {
            for (int token : shards.positionsOf(rank)) {
                owner[token] = rank;
                tokens[rank]++;
            }
            Span own = shards.frames(layout.frames(), rank);
            Arrays.fill(encoder, own.from(), own.to(), rank);
            frames[rank] = own.size();
        }
        expect(
                failures,
                "frames over all ranks",
                layout.frames(),
                Arrays.stream(frames).sum());
        expect(
                failures,
                "tokens over all ranks",
                layout.tokens(),
                Arrays.stream(tokens).sum());
        expectEven(failures, "frames", frames);
        if (kind.even()) {
            expectEven(failures, "tokens", tokens);
        }
    }

    /**
     * @param productThere sum of received rows times their gradients
     * @param productBack sum of sent rows times the gradients that came back
     */
    private record Moved(long sentBytes, int wrongRows, long productThere, long productBack) {}

    private Moved rank(Mesh mesh, SequenceLayout layout, TokenShards shards, RankEndpoint endpoint) {
        device.bindThread();
        Groups groups = Groups.of(mesh, endpoint);
        int self = mesh.sequenceIndexOf(groups.rank());
        CountingCommunicator sequence = new CountingCommunicator(groups.sequence());
        int[] tokens = shards.positionsOf(self);
        Span media = RedistributionPlan.mediaRows(layout, shards, self);
        long rows = 4L * (media.size() + tokens.length) + 2L * mesh.spDegree() + 8;
        try (TensorArena step = TensorArena.open("step", rows * 64);
                TensorArena scratch = TensorArena.open("scratch", rows * 64)) {
            Workspace ws = new Workspace(device.kernels(), step, scratch);
            Redistribution redistribution =
                    new Redistribution(ws, sequence, RedistributionPlan.of(layout, shards, self));
            Tensor projected = step.allocate(media.size(), WIDTH);
            Tensor x = step.allocate(tokens.length, WIDTH);
            Tensor dx = step.allocate(tokens.length, WIDTH);
            Tensor dProjected = step.allocate(media.size(), WIDTH);
            fill(projected, i -> value(media.from() + i / WIDTH, i % WIDTH));
            fill(x, i -> TEXT);
            fill(dx, i -> gradient(tokens[i / WIDTH], i % WIDTH));
            fill(dProjected, i -> Float.NaN);
            redistribution.forward(projected, x);
            redistribution.backward(dx, dProjected);
            int wrong = 0;
            for (int row = 0; row < tokens.length; row++) {
                int mediaRow = layout.mediaRow()[tokens[row]];
                for (int i = 0; i < WIDTH; i++) {
                    float expected = mediaRow < 0 ? TEXT : value(mediaRow, i);
                    wrong += x.getFloat((long) row * WIDTH + i) == expected ? 0 : 1;
                }
            }
            for (int row = 0; row < media.size(); row++) {
                for (int i = 0; i < WIDTH; i++) {
                    float expected = gradient(layout.mediaToken()[media.from() + row], i);
                    wrong += dProjected.getFloat((long) row * WIDTH + i) == expected ? 0 : 1;
                }
            }
            return new Moved(
                    sequence.takeSentBytes(),
                    wrong,
                    product(x, dx, row -> layout.mediaRow()[tokens[row]] >= 0),
                    product(projected, dProjected, row -> true));
        }
    }

    /** The pairs of a token and the label that it must predict, over all ranks, against those of the sequence before it was cut. */
    private static long checkLabels(
            Mesh mesh, SequenceLayout layout, TokenShards shards, TokenSequence sequence, List<String> failures) {
        List<String> held = new ArrayList<>();
        for (int rank = 0; rank < mesh.spDegree(); rank++) {
            for (int token : shards.positionsOf(rank)) {
                if (layout.label()[token] >= 0) {
                    held.add(token + " predicts " + layout.label()[token]);
                }
            }
        }
        List<String> expected = sequence.labelPairs();
        if (!held.stream().sorted().toList().equals(expected.stream().sorted().toList())) {
            failures.add("ranks must hold the labels of the sequence: expected=%d held=%d"
                    .formatted(expected.size(), held.size()));
        }
        return expected.size();
    }

    private static void expect(List<String> failures, String what, long expected, long actual) {
        if (expected != actual) {
            failures.add("redistribution: %s must be %d: found=%d".formatted(what, expected, actual));
        }
    }

    private static void expectEven(List<String> failures, String what, int[] shares) {
        int most = Arrays.stream(shares).max().orElse(0);
        int least = Arrays.stream(shares).min().orElse(0);
        if (most - least > 1) {
            failures.add("%s must be even over the ranks: most=%d least=%d".formatted(what, most, least));
        }
    }

    private interface Values {
        float at(int index);
    }

    private static void fill(Tensor tensor, Values values) {
        IntStream.range(0, Math.toIntExact(tensor.elements())).forEach(i -> tensor.setFloat(i, values.at(i)));
    }

    private static float value(int mediaRow, int column) {
        return (mediaRow * 7 + column * 3) % 101 + 1;
    }

    private static float gradient(int token, int column) {
        return (token * 5 + column * 11) % 97 + 1;
    }

    private interface Rows {
        boolean counts(int row);
    }

    private static long product(Tensor a, Tensor b, Rows rows) {
        long sum = 0;
        for (long i = 0; i < a.elements(); i++) {
            if (rows.counts((int) (i / WIDTH))) {
                sum += Math.round((double) a.getFloat(i) * b.getFloat(i));
            }
        }
        return sum;
    }
}

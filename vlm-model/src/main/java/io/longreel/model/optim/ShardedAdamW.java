package io.longreel.model.optim;

import io.longreel.config.LearningRates;
import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.config.StageSettings.Part;
import io.longreel.model.state.FlatSpace;
import io.longreel.model.state.TrainableSet;
import io.longreel.model.state.TrainedRange;
import io.longreel.ops.exact.ExactSum;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * AdamW whose state is divided among all ranks of the world (ZeRO, Rajbhandari et al. 2020): m and v of the own share of what trains. A step brings the
 * gradients' sums onto their owners, clips by the global norm, updates the masters, and makes all kept weights follow.
 *
 * <p>Invariant: after every step all ranks hold the same bits of every weight, and when some rank saw a value that is not finite, no rank
 * changed anything. All ranks call the same methods in the same order; used by the rank's compute thread.
 */
public final class ShardedAdamW {
    /** Added to the norm before dividing, as {@code torch.nn.utils.clip_grad_norm_} does. */
    private static final double CLIP_EPSILON = 1e-6;

    /**
     * What a step did, equal on all ranks.
     *
     * @param gradientNorm global norm before clipping; not finite when some gradient was not
     * @param applied false when some rank saw a value that is not finite: then nothing changed
     */
    public record Update(double gradientNorm, boolean applied) {}

    /**
     * State of elements {@code [from, from + m.elements())} of a named entry, as views of the own share: what a checkpoint or a snapshot writes, and
     * what a restore fills.
     *
     * @param shape shape of the whole entry
     */
    public record StatePiece(String name, int[] shape, long from, Tensor m, Tensor v) {}

    /** The own share of a range, as it is kept: {@code master}, {@code m} and {@code v} have as many elements. */
    public record Share(TrainedRange range, Tensor master, Tensor m, Tensor v) {}

    private final Gradients gradients;
    private final MasterWeights masters;
    private final Communicator world;
    private final Kernels kernels;
    private final StageSettings.Optimizer settings;
    /** The parts in each range: several only where they have equal rates. */
    private final List<List<Part>> parts;

    private final List<Tensor> m = new ArrayList<>();
    private final List<Tensor> v = new ArrayList<>();
    private int steps;

    private ShardedAdamW(
            Gradients gradients,
            MasterWeights masters,
            Communicator world,
            Kernels kernels,
            StageSettings.Optimizer settings,
            TensorArena arena) {
        this.gradients = gradients;
        this.masters = masters;
        this.world = world;
        this.kernels = kernels;
        this.settings = settings;
        this.parts = gradients.ranges().stream().map(ShardedAdamW::parts).toList();
        for (Tensor own : gradients.own()) {
            for (List<Tensor> moments : List.of(m, v)) {
                Tensor moment = arena.allocate(own.shape());
                kernels.elementwise().zero(moment);
                moments.add(moment);
            }
        }
    }

    /** Fresh state. The masters have the ranges of the gradients, in their order. */
    public static ShardedAdamW create(
            Gradients gradients,
            MasterWeights masters,
            Communicator world,
            Kernels kernels,
            StageSettings.Optimizer settings,
            TensorArena arena) {
        return new ShardedAdamW(gradients, masters, world, kernels, settings, arena);
    }

    /** Bytes that {@link #create} takes from its arena on rank {@code rank} of {@code ranks}. */
    public static long sizeBytes(List<TrainedRange> ranges, int rank, int ranks) {
        return ranges.stream()
                .mapToLong(range -> {
                    long[] bounds = range.bounds(ranks);
                    return 2 * TensorArena.sizeBytes(DType.F32, Math.toIntExact(bounds[rank + 1] - bounds[rank]));
                })
                .sum();
    }

    /**
     * One optimizer step on the sum over all ranks of the gradients that were added since {@link Gradients#begin}.
     *
     * @param rates those of parts in one range must be equal
     * @param locallyFinite whether everything that this rank computed otherwise (its loss) is finite
     */
    public Update step(LearningRates rates, boolean locallyFinite) {
        double[] rangeRates =
                parts.stream().mapToDouble(range -> rate(rates, range)).toArray();
        gradients.finish();
        List<Tensor> own = gradients.own();
        double[] squares = squares(own);
        double[] shared = Arrays.copyOf(squares, squares.length + 1);
        shared[squares.length] = locallyFinite ? 0 : 1;
        world.allReduceSum(shared);
        double norm = Math.sqrt(sumOfSquares(Arrays.copyOf(shared, squares.length)));
        if (shared[squares.length] > 0 || !Double.isFinite(norm)) {
            return new Update(norm, false);
        }
        steps++;
        List<Tensor> weights = masters.own();
        for (int i = 0; i < own.size(); i++) {
            kernels.optimizer()
                    .adamW(
                            weights.get(i),
                            own.get(i),
                            m.get(i),
                            v.get(i),
                            (float) clipFactor(norm),
                            rangeRates[i],
                            settings.beta1(),
                            settings.beta2(),
                            settings.epsilon(),
                            settings.weightDecay(),
                            steps);
        }
        masters.publish();
        return new Update(norm, true);
    }

    public Gradients gradients() {
        return gradients;
    }

    public MasterWeights masters() {
        return masters;
    }

    /** Steps that changed the weights so far: what bias correction counts. */
    public int steps() {
        return steps;
    }

    /** Views of the own share's state, by range: what changes with a step. */
    public List<Share> shares() {
        List<TrainedRange> ranges = gradients.ranges();
        List<Tensor> own = masters.own();
        List<Share> shares = new ArrayList<>();
        for (int i = 0; i < ranges.size(); i++) {
            shares.add(new Share(ranges.get(i), own.get(i), m.get(i), v.get(i)));
        }
        return shares;
    }

    /** Everything that a step leaves for the next one, beside the kept weights: moments of the own share, and masters that are copies. */
    public List<Tensor> kept() {
        return Stream.of(masters.copies(), m, v).flatMap(List::stream).toList();
    }

    /** Views of the own share's state, by entry: to be written, or filled by a restore. */
    public List<StatePiece> statePieces() {
        List<StatePiece> pieces = new ArrayList<>();
        List<TrainedRange> ranges = gradients.ranges();
        for (int i = 0; i < ranges.size(); i++) {
            TrainedRange range = ranges.get(i);
            long[] bounds = range.bounds(world.size());
            long first = bounds[world.index()];
            for (FlatSpace.Piece piece : range.pieces(first, bounds[world.index() + 1])) {
                long from = piece.flatFrom() - first;
                long to = from + piece.elements();
                int[] shape = range.unit().spec(piece.name()).shape();
                pieces.add(new StatePiece(
                        piece.name(),
                        shape,
                        piece.from(),
                        m.get(i).elements(from, to),
                        v.get(i).elements(from, to)));
            }
        }
        return pieces;
    }

    /** Goes on as if {@code newSteps} steps had been made; {@link #statePieces}, weights and masters have been filled before. */
    public void resumeAt(int newSteps) {
        if (newSteps < 0) {
            throw new IllegalArgumentException("steps must not be negative: steps=" + newSteps);
        }
        steps = newSteps;
    }

    /** The own shares' part of the sum of squares, as numbers to be added over all ranks. */
    private double[] squares(List<Tensor> own) {
        if (gradients.sums() == Sums.EXACT) {
            ExactSum squares = new ExactSum();
            own.forEach(share -> kernels.elementwise().addSquares(share, squares));
            return squares.digits();
        }
        double squares = 0;
        for (Tensor share : own) {
            squares += kernels.elementwise().sumOfSquares(share);
        }
        return new double[] {squares};
    }

    /** The sum of squares from added {@link #squares}. */
    private double sumOfSquares(double[] added) {
        return gradients.sums() == Sums.EXACT ? ExactSum.ofDigits(added).value() : added[0];
    }

    private static List<Part> parts(TrainedRange range) {
        return range.pieces(0, range.elements()).stream()
                .map(piece -> TrainableSet.partOf(piece.name()))
                .distinct()
                .toList();
    }

    private static double rate(LearningRates rates, List<Part> parts) {
        double[] different = parts.stream().mapToDouble(rates::of).distinct().toArray();
        if (different.length > 1) {
            throw new IllegalArgumentException(
                    "parts of one range must have one rate, as the stage's phases say it: parts=%s rates=%s"
                            .formatted(parts, rates));
        }
        return different.length == 0 ? rates.common() : different[0];
    }

    private double clipFactor(double norm) {
        if (settings.clipNorm() == 0) {
            return 1;
        }
        return Math.min(1, settings.clipNorm() / (norm + CLIP_EPSILON));
    }

    @Override
    public String toString() {
        return "ShardedAdamW(ranges=%d rank=%d steps=%d)".formatted(m.size(), world.index(), steps);
    }
}

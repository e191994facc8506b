package io.longreel.model.optim;

import io.longreel.config.PrecisionSettings.Sums;
import io.longreel.config.StageSettings;
import io.longreel.model.state.FlatSpace;
import io.longreel.ops.exact.ExactSum;
import io.longreel.ops.kernels.Kernels;
import io.longreel.ops.memory.TensorArena;
import io.longreel.ops.tensor.DType;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * AdamW whose state is divided among all ranks of the world (ZeRO, stage 1 and 2, Rajbhandari et al. 2020). A rank holds all gradients of its own
 * micro-batches, but master weights, m and v of its own slice only; slices are even to one element. A step reduces gradients onto the slices,
 * clips by the global norm, updates, and gathers the slices back.
 *
 * <p>Invariant: after every step all ranks hold the same bits of every weight, and when some rank saw a value that is not finite, no rank
 * changed anything. All ranks call the same methods in the same order; used by the rank's compute thread.
 */
public final class ShardedAdamW {
    /** Added to the norm before dividing, as {@code torch.nn.utils.clip_grad_norm_} does. */
    private static final double CLIP_EPSILON = 1e-6;

    /** Something that trains: its name and weights, F32, equal on all ranks. */
    public record Entry(String name, Tensor weights) {}

    /**
     * What a step did, equal on all ranks.
     *
     * @param gradientNorm global norm before clipping; not finite when some gradient was not
     * @param applied false when some rank saw a value that is not finite: then nothing changed
     */
    public record Update(double gradientNorm, boolean applied) {}

    /**
     * State of elements {@code [from, from + m.elements())} of a named entry, as views of the own slice: what a checkpoint or a snapshot writes, and
     * what a restore fills.
     *
     * @param shape shape of the whole entry
     */
    public record StatePiece(String name, int[] shape, long from, Tensor m, Tensor v) {}

    private final Communicator world;
    private final Kernels kernels;
    private final StageSettings.Optimizer settings;
    private final Sums sums;
    private final FlatSpace space;
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final Map<String, Tensor> gradients = new LinkedHashMap<>();
    private final Tensor allGradients;
    private final long[] bounds;
    private final Tensor ownGradient;
    private final Tensor master;
    private final Tensor m;
    private final Tensor v;
    private final @Nullable ExactReduction exactReduction;
    private int steps;

    private ShardedAdamW(
            List<Entry> entries,
            Communicator world,
            Kernels kernels,
            StageSettings.Optimizer settings,
            Sums sums,
            TensorArena arena) {
        this.sums = sums;
        this.world = world;
        this.kernels = kernels;
        this.settings = settings;
        Map<String, Long> sizes = new LinkedHashMap<>();
        for (Entry entry : entries) {
            if (weights.put(entry.name, entry.weights) != null || entry.weights.dtype() != DType.F32) {
                throw new IllegalArgumentException("entries must be F32 and have names of their own: name=%s weights=%s"
                        .formatted(entry.name, entry.weights));
            }
            sizes.put(entry.name, entry.weights.elements());
        }
        this.space = FlatSpace.of(sizes);
        this.bounds = space.evenBounds(world.size());
        this.allGradients = arena.allocate(gradientType(sums), Math.toIntExact(space.elements()));
        this.exactReduction = sums == Sums.EXACT ? new ExactReduction(world, kernels, arena) : null;
        for (Entry entry : entries) {
            long offset = space.offset(entry.name);
            gradients.put(
                    entry.name,
                    allGradients
                            .elements(offset, offset + entry.weights.elements())
                            .reshape(entry.weights.shape()));
        }
        int slice = Math.toIntExact(bounds[world.index() + 1] - bounds[world.index()]);
        this.ownGradient = arena.allocate(slice);
        this.master = arena.allocate(slice);
        this.m = arena.allocate(slice);
        this.v = arena.allocate(slice);
        kernels.elementwise().zero(m);
        kernels.elementwise().zero(v);
        zeroGradients();
        reloadMaster();
    }

    /**
     * Fresh state for weights as they are now. All ranks pass the same entries in the same order.
     *
     * @param sums EXACT: gradients accumulate in SUM128, so that slices, norm and update have the same bits on every mesh
     */
    public static ShardedAdamW create(
            List<Entry> entries,
            Communicator world,
            Kernels kernels,
            StageSettings.Optimizer settings,
            Sums sums,
            TensorArena arena) {
        return new ShardedAdamW(entries, world, kernels, settings, sums, arena);
    }

    /** Most bytes that {@link #create} takes from its arena on any rank, for {@code elements} trainable elements. */
    public static long sizeBytes(long elements, int worldSize, Sums sums) {
        int slice = Math.toIntExact(Math.ceilDiv(elements, (long) worldSize));
        return TensorArena.sizeBytes(gradientType(sums), Math.toIntExact(elements))
                + 4 * TensorArena.sizeBytes(DType.F32, slice)
                + (sums == Sums.EXACT ? ExactReduction.sizeBytes(worldSize) : 0);
    }

    private static DType gradientType(Sums sums) {
        return sums == Sums.EXACT ? DType.SUM128 : DType.F32;
    }

    /** The gradient of an entry, into which the backward pass adds; null for a name that does not train. */
    public @Nullable Tensor gradient(String name) {
        return gradients.get(name);
    }

    /** To be called before the first backward pass of every step: a step leaves other values in the buffer. */
    public void zeroGradients() {
        kernels.elementwise().zero(allGradients);
    }

    /**
     * One optimizer step on the sum over all ranks of the gradients that were added since {@link #zeroGradients}.
     *
     * @param locallyFinite whether everything that this rank computed otherwise (its loss) is finite
     */
    public Update step(double learningRate, boolean locallyFinite) {
        reduceGradients();
        double[] squares = squares();
        double[] shared = Arrays.copyOf(squares, squares.length + 1);
        shared[squares.length] = locallyFinite ? 0 : 1;
        world.allReduceSum(shared);
        double norm = Math.sqrt(sumOfSquares(Arrays.copyOf(shared, squares.length)));
        if (shared[squares.length] > 0 || !Double.isFinite(norm)) {
            return new Update(norm, false);
        }
        steps++;
        kernels.optimizer()
                .adamW(
                        master,
                        ownGradient,
                        m,
                        v,
                        (float) clipFactor(norm),
                        learningRate,
                        settings.beta1(),
                        settings.beta2(),
                        settings.epsilon(),
                        settings.weightDecay(),
                        steps);
        gatherWeights();
        return new Update(norm, true);
    }

    /** Steps that changed the weights so far: what bias correction counts. */
    public int steps() {
        return steps;
    }

    /** Views of the own slice's state, by entry: to be written, or filled by a restore. */
    public List<StatePiece> statePieces() {
        List<StatePiece> pieces = new ArrayList<>();
        long first = bounds[world.index()];
        for (FlatSpace.Piece piece : space.pieces(first, bounds[world.index() + 1])) {
            long from = piece.flatFrom() - first;
            long to = from + piece.elements();
            int[] shape = weightsOf(piece.name()).shape();
            pieces.add(new StatePiece(piece.name(), shape, piece.from(), m.elements(from, to), v.elements(from, to)));
        }
        return pieces;
    }

    /** Goes on as if {@code newSteps} steps had been made; {@link #statePieces} and the weights have been filled before. */
    public void resumeAt(int newSteps) {
        if (newSteps < 0) {
            throw new IllegalArgumentException("steps must not be negative: steps=" + newSteps);
        }
        steps = newSteps;
        reloadMaster();
    }

    /** Takes the own slice's master weights from the weights, after something else than a step has changed them. */
    public void reloadMaster() {
        long first = bounds[world.index()];
        for (FlatSpace.Piece piece : space.pieces(first, bounds[world.index() + 1])) {
            long from = piece.flatFrom() - first;
            Tensor source = weightsOf(piece.name()).elements(piece.from(), piece.to());
            kernels.elementwise().copy(source, master.elements(from, from + piece.elements()));
        }
    }

    /** (all elements) of every rank -> (own slice): summed in rank order, or exactly. */
    private void reduceGradients() {
        if (exactReduction != null) {
            exactReduction.reduceScatter(allGradients, bounds, ownGradient);
        } else {
            world.reduceScatterSum(allGradients.segment(), bounds, ownGradient.segment());
        }
    }

    /** The own slice's part of the sum of squares, as numbers to be added over all ranks. */
    private double[] squares() {
        if (sums == Sums.FAST) {
            return new double[] {kernels.elementwise().sumOfSquares(ownGradient)};
        }
        ExactSum squares = new ExactSum();
        kernels.elementwise().addSquares(ownGradient, squares);
        return squares.digits();
    }

    /** The sum of squares from added {@link #squares}. */
    private double sumOfSquares(double[] added) {
        return sums == Sums.FAST ? added[0] : ExactSum.ofDigits(added).value();
    }

    private double clipFactor(double norm) {
        if (settings.clipNorm() == 0) {
            return 1;
        }
        return Math.min(1, settings.clipNorm() / (norm + CLIP_EPSILON));
    }

    /** (own slice) of every rank -> (all elements), into the gradient buffer, which is free now, and from there into the weights. */
    private void gatherWeights() {
        int elements = Math.toIntExact(space.elements());
        Tensor all = Tensor.of(
                allGradients.segment().asSlice(0, (long) elements * DType.F32.sizeBytes()), DType.F32, elements);
        List<MemorySegment> slices = new ArrayList<>();
        for (int rank = 0; rank < world.size(); rank++) {
            slices.add(all.elements(bounds[rank], bounds[rank + 1]).segment());
        }
        world.allGatherV(master.segment(), slices);
        for (String name : weights.keySet()) {
            Tensor target = weightsOf(name);
            long offset = space.offset(name);
            kernels.elementwise().copy(all.elements(offset, offset + target.elements()), target);
        }
    }

    private Tensor weightsOf(String name) {
        return required(weights, name);
    }

    private static Tensor required(Map<String, Tensor> tensors, String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new IllegalStateException("entry must be known: name=%s known=%s".formatted(name, tensors.keySet()));
        }
        return tensor;
    }

    @Override
    public String toString() {
        return "ShardedAdamW(elements=%d rank=%d bounds=%s steps=%d)"
                .formatted(space.elements(), world.index(), Arrays.toString(bounds), steps);
    }
}

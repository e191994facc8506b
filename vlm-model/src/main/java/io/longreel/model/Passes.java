package io.longreel.model;

import io.longreel.model.loss.LossSum;
import io.longreel.model.plan.StepMemory;
import io.longreel.model.plan.StepPlan;
import io.longreel.model.shard.Span;
import io.longreel.model.state.UnitRoute;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.kernels.LossKernels;
import io.longreel.ops.tensor.Tensor;
import io.longreel.transport.Communicator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Runs a model's passes. Each is planned first, which gives its memory and its route through the units. Where weights or gradients are sharded, passes
 * exchange with all ranks, so all make as many as the replica with most micro-batches, with as many rounds of encoding as the rank with most frames to encode: who
 * has less takes part without computing. Used by the rank's compute thread.
 */
final class Passes {
    private final VlmModel model;
    private final Weights weights;
    private final StepMemory memory;
    private final Groups groups;
    private final SessionOptions options;

    Passes(VlmModel model, Weights weights, StepMemory memory, Groups groups, SessionOptions options) {
        this.model = model;
        this.weights = weights;
        this.memory = memory;
        this.groups = groups;
        this.options = options;
    }

    /**
     * Forward and backward of all micro-batches of this rank's replica; gradients accumulate, scaled.
     *
     * @param kept has frames that need not be encoded, and takes what is
     * @return what was encoded
     */
    FrameUse train(List<ShardedBatch> batches, float gradientScale, LossSum losses, FrozenFrames kept) {
        kept.beginStep();
        List<FrameEncoding> encodings =
                batches.stream().map(batch -> model.encoding(batch, kept)).toList();
        int[] rounds = rounds(batches, encodings);
        for (int i = 0; i < rounds.length; i++) {
            weights.agreeRounds(rounds[i]);
            if (i < batches.size()) {
                train(batches.get(i), encodings.get(i), gradientScale, losses);
            } else {
                attend(rounds[i] > 0);
            }
        }
        weights.agreeRounds(0);
        return FrameUse.of(encodings);
    }

    /** Most likely tokens at own labelled rows of a batch that is equal on all ranks. */
    int[] answer(ShardedBatch batch, EncodedFrames known) {
        List<Span> unknown = model.unknownFrames(batch, known);
        weights.agreeRounds(options.shardsWeights() ? most(unknown.size())[0] : 0);
        Planned planned = plan(answering(model, batch, unknown));
        weights.follow(planned.route);
        int[] answers = model.answer(planned.workspace, groups, batch, unknown, known);
        weights.arrive();
        weights.agreeRounds(0);
        return answers;
    }

    /** What is planned of a training pass that encodes all of its own frames. */
    static StepPlan.Pass training(VlmModel model, SessionOptions options, ShardedBatch batch) {
        return training(model, options, batch, FrameEncoding.all(batch.ownFrames()));
    }

    private static StepPlan.Pass training(
            VlmModel model, SessionOptions options, ShardedBatch batch, FrameEncoding encoding) {
        LossSum nowhere = new LossSum(options.precision().sums());
        return (w, g) -> model.lossAndGradients(w, g, batch.withoutPixels(), encoding.planned(), 1f, nowhere, null);
    }

    /** What is planned of an evaluation that encodes the {@code unknown} ones of its own frames. */
    static StepPlan.Pass answering(VlmModel model, ShardedBatch batch, List<Span> unknown) {
        return (w, g) -> model.answer(w, g, batch.withoutPixels(), unknown, null);
    }

    private record Planned(Workspace workspace, UnitRoute route) {}

    /** Has memory for all of its frames, whichever are known: what a step takes does not depend on those before it. */
    private void train(ShardedBatch batch, FrameEncoding encoding, float gradientScale, LossSum losses) {
        Planned planned = plan(training(model, options, batch));
        weights.follow(encoding.reused() == 0 ? planned.route : route(training(model, options, batch, encoding)));
        model.lossAndGradients(planned.workspace, groups, batch, encoding, gradientScale, losses, null);
        weights.arrive();
    }

    /** Takes part in the exchanges of a micro-batch that other replicas have and this one has not. */
    private void attend(boolean media) {
        int[] ids = {media ? model.config().imageToken() : 0};
        int[] labels = {LossKernels.IGNORE};
        PackedBatch any = PackedBatch.single(
                ids, labels, model.config().imageToken(), media ? OneFrame.UNREAD : FrameSource.NONE);
        ShardedBatch batch = ShardedBatch.of(model.config(), groups.mesh(), groups.rank(), options, any);
        weights.walk(route(training(model, options, batch, FrameEncoding.none(batch.ownFrames()))));
    }

    private UnitRoute route(StepPlan.Pass pass) {
        List<UnitRoute> routes = new ArrayList<>();
        StepPlan.of(memory.device(), groups, (w, g) -> routes.add(weights.rehearse(() -> pass.run(w, g))));
        return routes.getFirst();
    }

    private Planned plan(StepPlan.Pass pass) {
        List<UnitRoute> routes = new ArrayList<>();
        Workspace workspace = memory.reserve(groups, (w, g) -> routes.add(weights.rehearse(() -> pass.run(w, g))));
        return new Planned(workspace, routes.getLast());
    }

    /** Rounds of encoding of each micro-batch; of each that any replica has where passes exchange with all ranks. */
    private int[] rounds(List<ShardedBatch> batches, List<FrameEncoding> encodings) {
        int[] own = IntStream.range(0, batches.size())
                .map(i -> model.encodingRounds(batches.get(i), encodings.get(i)))
                .toArray();
        if (!options.shardsWeights() && !options.shardsGradients()) {
            return own;
        }
        int microBatches = most(own.length)[0];
        return most(Arrays.copyOf(own, microBatches));
    }

    /** The largest value of any rank, element by element. */
    private int[] most(int... own) {
        Communicator world = groups.world();
        double[] all = new double[own.length * world.size()];
        for (int i = 0; i < own.length; i++) {
            all[i * world.size() + world.index()] = own[i];
        }
        world.allReduceSum(all);
        int[] most = new int[own.length];
        for (int i = 0; i < all.length; i++) {
            most[i / world.size()] = Math.max(most[i / world.size()], (int) all[i]);
        }
        return most;
    }

    /** Stands for the frame of a batch that is never computed. */
    private enum OneFrame implements FrameSource {
        UNREAD;

        @Override
        public int frameCount() {
            return 1;
        }

        @Override
        public void read(int from, int to, Tensor pixels_F3hw) {
            throw new IllegalStateException("this frame must not be read");
        }

        @Override
        public String toString() {
            return "one frame, unread";
        }
    }
}

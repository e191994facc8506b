package io.longreel.model.vision;

import io.longreel.model.ModelConfig;
import io.longreel.model.state.LinearLayer;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Unit;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * SigLIP up to the selected hidden state: patches, learned positions, pre-norm blocks with full attention inside each frame; no post-norm
 * (specification 1.3, 2.1). Later blocks are never run. Legend: F frames, P patches of a frame, C hidden size.
 */
public final class VisionTower {
    private final ModelConfig.Vision config;
    private final Weights weights;
    private final boolean recompute;
    private final LinearLayer patchEmbedding;
    private final List<VisionBlock> blocks = new ArrayList<>();

    /** What the backward pass needs. */
    public record Tape(Tensor patches, List<VisionBlock.Kept> blocks) {}

    /** Hidden state of the selected layer, [F * P, C], and the tape when one was asked for. */
    public record Output(Tensor hidden, Tape tape) {}

    /** @param recompute whether {@link #backward} computes the activations of blocks again */
    public VisionTower(ModelConfig.Vision config, Weights weights, boolean recompute) {
        this.config = config;
        this.weights = weights;
        this.recompute = recompute;
        this.patchEmbedding = new LinearLayer(weights, ParameterSpec.VISION + "embeddings.patch_embedding");
        for (int layer = 0; layer < config.usedLayers(); layer++) {
            blocks.add(new VisionBlock(config, weights, layer));
        }
    }

    /**
     * {@code pixels [F, 3, h, w] -> hidden [F * P, C]}. Without a tape each frame is computed by itself, so that its bits do not depend on which others
     * come with it: those of a product depend on its number of rows.
     *
     * @param keepTape false when nothing up to here trains: activations of a block are freed when the next one starts
     */
    public Output forward(Workspace ws, Tensor pixels, boolean keepTape) {
        int frames = pixels.rows();
        int patchCount = config.patches();
        Tensor hidden = ws.step().allocate(frames * patchCount, config.hiddenSize());
        long mark = ws.step().mark();
        Tensor patches = ws.step().allocate(frames * patchCount, 3 * config.patchSize() * config.patchSize());
        ws.kernels().rows().patches(pixels, config.patchSize(), patches);
        weights.use(Unit.VISION_EMBEDDINGS);
        int perProduct = keepTape ? frames * patchCount : patchCount;
        for (int row = 0; row < patches.rows(); row += perProduct) {
            patchEmbedding.forward(ws, patches.slice(row, row + perProduct), hidden.slice(row, row + perProduct));
        }
        addPositions(ws, hidden, frames);
        if (!keepTape) {
            overwrite(ws, hidden, mark);
            return new Output(hidden, new Tape(patches, List.of()));
        }
        List<VisionBlock.Kept> kept = new ArrayList<>();
        VisionBlock.Keep keep = recompute ? VisionBlock.Keep.INPUT : VisionBlock.Keep.EVERYTHING;
        Tensor x = hidden;
        for (VisionBlock block : blocks) {
            weights.use(block.unit());
            VisionBlock.Output output = block.forward(ws, x, patchCount, keep);
            x = output.hidden();
            kept.add(output.kept());
        }
        return new Output(x, new Tape(patches, kept));
    }

    /** The blocks on {@code hidden}, frame by frame; what lies behind {@code mark} is not needed any more. */
    private void overwrite(Workspace ws, Tensor hidden, long mark) {
        for (VisionBlock block : blocks) {
            weights.use(block.unit());
            for (int row = 0; row < hidden.rows(); row += config.patches()) {
                ws.step().rewind(mark);
                block.forward(
                        ws, hidden.slice(row, row + config.patches()), config.patches(), VisionBlock.Keep.NOTHING);
            }
        }
        ws.step().rewind(mark);
    }

    /** Accumulates the gradients of the tower; {@code dHidden} is overwritten. */
    public void backward(Workspace ws, Tape tape, Tensor dHidden) {
        for (int i = blocks.size() - 1; i >= 0; i--) {
            VisionBlock block = blocks.get(i);
            weights.use(block.unit());
            weights.openGradients(block.unit());
            block.backward(ws, tape.blocks().get(i), dHidden, config.patches());
            weights.closeGradients(block.unit());
        }
        weights.use(Unit.VISION_EMBEDDINGS);
        weights.openGradients(Unit.VISION_EMBEDDINGS);
        Tensor dPosition = weights.gradient(ParameterSpec.VISION + "embeddings.position_embedding.weight");
        if (dPosition != null) {
            for (int row = 0; row < dHidden.rows(); row += config.patches()) {
                ws.kernels().elementwise().addTo(dHidden.slice(row, row + config.patches()), dPosition);
            }
        }
        patchEmbedding.backward(ws, tape.patches(), dHidden, 0f, null);
        weights.closeGradients(Unit.VISION_EMBEDDINGS);
    }

    private void addPositions(Workspace ws, Tensor hidden, int frames) {
        Tensor position = weights.weight(ParameterSpec.VISION + "embeddings.position_embedding.weight");
        for (int frame = 0; frame < frames; frame++) {
            int row = frame * config.patches();
            ws.kernels().elementwise().addTo(position, hidden.slice(row, row + config.patches()));
        }
    }
}

package io.longreel.model;

import io.longreel.model.projector.Projector;
import io.longreel.model.shard.Span;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.model.vision.VisionTower;
import io.longreel.ops.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A rank's own frames through vision tower and projector (stage-1 shard). Where the tower is frozen, frames go through in small chunks whose
 * activations are freed; only its output is kept. Legend: F own frames, P patches, M = F * tokens per frame, C, D widths.
 */
final class FrameEncoder {
    /** Frames whose activations exist at a time when no tape is kept. */
    private static final int CHUNK_FRAMES = 32;

    private final ModelConfig config;
    private final Weights weights;
    private final VisionTower tower;
    private final Projector projector;

    /** Projected rows and what the backward pass needs; {@code tower} is null when the tower is frozen. */
    record Encoded(Tensor hidden, VisionTower.@Nullable Tape tower, Projector.Output projector) {
        Tensor projected() {
            return projector.projected();
        }
    }

    FrameEncoder(ModelConfig config, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.tower = new VisionTower(config.vision(), weights);
        this.projector = new Projector(config, weights);
    }

    /** Encodes for training: keeps what {@link #backward} needs. */
    Encoded forward(Workspace ws, FrameSource frames, Span own) {
        if (weights.trains(ParameterSpec.VISION)) {
            Tensor pixels = pixels(ws, frames, own.from(), own.to());
            VisionTower.Output output = tower.forward(ws, pixels, true);
            return new Encoded(output.hidden(), output.tape(), projector.forward(ws, output.hidden()));
        }
        Tensor hidden = ws.step()
                .allocate(
                        own.size() * config.vision().patches(), config.vision().hiddenSize());
        for (int from = own.from(); from < own.to(); from += CHUNK_FRAMES) {
            int to = Math.min(own.to(), from + CHUNK_FRAMES);
            long mark = ws.step().mark();
            Tensor chunk =
                    tower.forward(ws, pixels(ws, frames, from, to), false).hidden();
            int row = (from - own.from()) * config.vision().patches();
            ws.kernels().elementwise().copy(chunk, hidden.slice(row, row + chunk.rows()));
            ws.step().rewind(mark);
        }
        return new Encoded(hidden, null, projector.forward(ws, hidden));
    }

    /** Accumulates the gradients of projector and tower, as far as they train. */
    void backward(Workspace ws, Encoded encoded, Tensor dProjected) {
        if (encoded.tower() == null) {
            projector.backward(ws, encoded.projector().tape(), dProjected, null);
            return;
        }
        long mark = ws.scratch().mark();
        Tensor dHidden = ws.scratch().allocate(encoded.hidden().shape());
        projector.backward(ws, encoded.projector().tape(), dProjected, dHidden);
        tower.backward(ws, encoded.tower(), dHidden);
        ws.scratch().rewind(mark);
    }

    /** Encodes without a tape: {@code -> [M, D]} in the step arena, frames that {@code known} has are not computed again. */
    Tensor infer(Workspace ws, FrameSource frames, Span own, @Nullable EncodedFrames known) {
        int perFrame = config.tokensPerFrame();
        Tensor projected =
                ws.step().allocate(own.size() * perFrame, config.llm().hiddenSize());
        int frame = own.from();
        while (frame < own.to()) {
            Tensor rows = known == null ? null : known.get(frames.key(frame));
            int row = (frame - own.from()) * perFrame;
            if (rows != null) {
                ws.kernels().elementwise().copy(rows, projected.slice(row, row + perFrame));
                frame++;
                continue;
            }
            int to = frame + 1;
            while (to < Math.min(own.to(), frame + CHUNK_FRAMES)
                    && (known == null || known.get(frames.key(to)) == null)) {
                to++;
            }
            long mark = ws.step().mark();
            Tensor hidden =
                    tower.forward(ws, pixels(ws, frames, frame, to), false).hidden();
            Tensor chunk = projector.forward(ws, hidden).projected();
            ws.kernels().elementwise().copy(chunk, projected.slice(row, row + chunk.rows()));
            ws.step().rewind(mark);
            for (int i = frame; known != null && i < to; i++) {
                int at = (i - own.from()) * perFrame;
                known.put(frames.key(i), projected.slice(at, at + perFrame));
            }
            frame = to;
        }
        return projected;
    }

    private Tensor pixels(Workspace ws, FrameSource frames, int from, int to) {
        int size = config.vision().imageSize();
        Tensor pixels = ws.step().allocate(to - from, 3, size, size);
        frames.read(from, to, pixels);
        return pixels;
    }
}

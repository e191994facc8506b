package io.longreel.model;

import io.longreel.model.projector.Projector;
import io.longreel.model.shard.Span;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.model.vision.VisionTower;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
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

    /** @param recompute whether {@link #backward} computes the tower's activations again */
    FrameEncoder(ModelConfig config, Weights weights, boolean recompute) {
        this.config = config;
        this.weights = weights;
        this.tower = new VisionTower(config.vision(), weights, recompute);
        this.projector = new Projector(config, weights);
    }

    /** Rounds in which {@link #forward} encodes: one when the tower trains, otherwise one per chunk; one when there is nothing. */
    int rounds(Span own) {
        return weights.trains(ParameterSpec.VISION) ? 1 : Math.max(1, Math.ceilDiv(own.size(), CHUNK_FRAMES));
    }

    /**
     * Encodes for training: keeps what {@link #backward} needs.
     *
     * @param rounds at least {@link #rounds}; in those beyond it this rank has no frames
     */
    Encoded forward(Workspace ws, FrameSource frames, Span own, int rounds) {
        if (weights.trains(ParameterSpec.VISION)) {
            Tensor pixels = pixels(ws, frames, own.from(), own.to());
            VisionTower.Output output = tower.forward(ws, pixels, true);
            return new Encoded(output.hidden(), output.tape(), projector.forward(ws, output.hidden()));
        }
        Tensor hidden = ws.step()
                .allocate(
                        own.size() * config.vision().patches(), config.vision().hiddenSize());
        for (int round = 0; round < rounds; round++) {
            int from = Math.min(own.to(), own.from() + round * CHUNK_FRAMES);
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

    /** Own frames that {@code known} has not, in runs of one chunk at most. */
    List<Span> unknown(FrameSource frames, Span own, @Nullable EncodedFrames known) {
        List<Span> spans = new ArrayList<>();
        int frame = own.from();
        while (frame < own.to()) {
            int to = frame;
            while (to < Math.min(own.to(), frame + CHUNK_FRAMES)
                    && (known == null || known.get(frames.key(to)) == null)) {
                to++;
            }
            if (to > frame) {
                spans.add(new Span(frame, to));
            }
            frame = Math.max(to, frame + 1);
        }
        return spans;
    }

    /**
     * Encodes without a tape: {@code -> [M, D]} in the step arena.
     *
     * @param unknown own frames to be encoded, one span per round
     * @param known has the rows of all other own frames, and takes those of the encoded ones; null when nothing is kept
     */
    Tensor infer(Workspace ws, FrameSource frames, Span own, List<Span> unknown, @Nullable EncodedFrames known) {
        int perFrame = config.tokensPerFrame();
        Tensor projected =
                ws.step().allocate(own.size() * perFrame, config.llm().hiddenSize());
        for (int frame = own.from(); known != null && frame < own.to(); frame++) {
            Tensor rows = known.get(frames.key(frame));
            if (rows != null) {
                int row = (frame - own.from()) * perFrame;
                ws.kernels().elementwise().copy(rows, projected.slice(row, row + perFrame));
            }
        }
        for (int round = 0; round < weights.rounds(unknown.size()); round++) {
            Span span = round < unknown.size() ? unknown.get(round) : new Span(own.to(), own.to());
            long mark = ws.step().mark();
            Tensor hidden = tower.forward(ws, pixels(ws, frames, span.from(), span.to()), false)
                    .hidden();
            Tensor chunk = projector.forward(ws, hidden).projected();
            int row = (span.from() - own.from()) * perFrame;
            ws.kernels().elementwise().copy(chunk, projected.slice(row, row + chunk.rows()));
            ws.step().rewind(mark);
            for (int frame = span.from(); known != null && frame < span.to(); frame++) {
                int at = (frame - own.from()) * perFrame;
                known.put(frames.key(frame), projected.slice(at, at + perFrame));
            }
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

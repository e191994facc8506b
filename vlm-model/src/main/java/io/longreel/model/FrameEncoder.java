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
 * activations are freed; only its output is kept, for the pass and, where frames have keys, for later ones ({@link FrozenFrames}). Legend: F own frames, P patches, M = F * tokens per frame, C, D widths.
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

    /** Rounds in which a frozen tower encodes in {@link #forward}; a tower that trains has none. */
    int rounds(FrameEncoding encoding) {
        return weights.trains(ParameterSpec.VISION) ? 0 : Math.ceilDiv(encoding.fresh().length, CHUNK_FRAMES);
    }

    /** What {@link #forward} is to encode of a batch; a tower that trains encodes everything. */
    FrameEncoding encoding(FrameSource frames, Span own, FrozenFrames kept) {
        return weights.trains(ParameterSpec.VISION) ? FrameEncoding.all(own) : FrameEncoding.of(frames, own, kept);
    }

    /**
     * Encodes for training: keeps what {@link #backward} needs.
     *
     * @param rounds at least {@link #rounds}; in those beyond it this rank has no frames
     */
    Encoded forward(Workspace ws, FrameSource frames, FrameEncoding encoding, int rounds) {
        Span own = encoding.own();
        if (weights.trains(ParameterSpec.VISION)) {
            Tensor pixels = pixels(ws, frames, own.from(), own.to());
            VisionTower.Output output = tower.forward(ws, pixels, true);
            return new Encoded(output.hidden(), output.tape(), projector.forward(ws, output.hidden()));
        }
        int patches = config.vision().patches();
        Tensor hidden = ws.step().allocate(own.size() * patches, config.vision().hiddenSize());
        for (int round = 0; round < rounds; round++) {
            encode(ws, frames, encoding, round, hidden);
        }
        reuse(ws, encoding, hidden);
        return new Encoded(hidden, null, projector.forward(ws, hidden));
    }

    /** One chunk of the frames that are encoded, into their rows of {@code hidden [F * P, C]}. */
    private void encode(Workspace ws, FrameSource frames, FrameEncoding encoding, int round, Tensor hidden) {
        int[] fresh = encoding.fresh();
        int from = Math.min(fresh.length, round * CHUNK_FRAMES);
        int to = Math.min(fresh.length, from + CHUNK_FRAMES);
        long mark = ws.step().mark();
        Tensor chunk =
                tower.forward(ws, pixels(ws, frames, fresh, from, to), false).hidden();
        for (int i = from; i < to; i++) {
            Tensor encoded = frame(chunk, i - from);
            ws.kernels()
                    .elementwise()
                    .copy(encoded, frame(hidden, fresh[i] - encoding.own().from()));
            FrozenFrames.Slot slot = encoding.slot(fresh[i]);
            if (encoding.kept() != null && slot != null) {
                encoding.kept().fill(slot, encoded);
            }
        }
        ws.step().rewind(mark);
    }

    /** The rows of all other frames; those that come twice in a batch have been encoded by now. */
    private void reuse(Workspace ws, FrameEncoding encoding, Tensor hidden) {
        FrozenFrames kept = encoding.kept();
        if (kept == null || encoding.reused() == 0) {
            return;
        }
        int next = 0;
        for (int frame = encoding.own().from(); frame < encoding.own().to(); frame++) {
            FrozenFrames.Slot slot = encoding.slot(frame);
            if (next < encoding.fresh().length && encoding.fresh()[next] == frame) {
                next++;
            } else if (slot != null) {
                Tensor rows = frame(hidden, frame - encoding.own().from());
                ws.kernels().elementwise().copy(kept.take(slot), rows);
            }
        }
    }

    /** Rows of one frame of {@code hidden [F * P, C]}. */
    private Tensor frame(Tensor hidden, int index) {
        int patches = config.vision().patches();
        return hidden.slice(index * patches, (index + 1) * patches);
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
        Tensor pixels = pixels(ws, to - from);
        frames.read(from, to, pixels);
        return pixels;
    }

    /** Pixels of frames {@code chosen[from]} to {@code chosen[to - 1]}, neighbours read together. */
    private Tensor pixels(Workspace ws, FrameSource frames, int[] chosen, int from, int to) {
        Tensor pixels = pixels(ws, to - from);
        int at = from;
        while (at < to) {
            int end = at + 1;
            while (end < to && chosen[end] == chosen[end - 1] + 1) {
                end++;
            }
            frames.read(chosen[at], chosen[at] + end - at, pixels.slice(at - from, end - from));
            at = end;
        }
        return pixels;
    }

    private Tensor pixels(Workspace ws, int count) {
        int size = config.vision().imageSize();
        return ws.step().allocate(count, 3, size, size);
    }
}

package io.longreel.model;

import io.longreel.model.attention.Attention2d;
import io.longreel.model.attention.AttentionPlans;
import io.longreel.model.attention.ExactAttention;
import io.longreel.model.attention.HeadDims;
import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.decoder.Decoder;
import io.longreel.model.decoder.RotaryTable;
import io.longreel.model.loss.LossSum;
import io.longreel.model.loss.VocabularyLoss;
import io.longreel.model.shard.Redistribution;
import io.longreel.model.shard.Span;
import io.longreel.model.state.Arenas;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.Unit;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A LongVILA model on one rank of a mesh: frames in, loss and gradients out, with MM-SP in between (LongVILA, section 3.3). Holds no activations; they
 * live in the workspace that each call brings. Used by the rank's compute thread; every method communicates within the sequence group. Legend: T
 * own tokens, D decoder width.
 */
public final class VlmModel implements AutoCloseable {
    private final ModelConfig config;
    private final SessionOptions options;
    private final Weights weights;
    private final FrameEncoder encoder;
    private final Decoder decoder;
    private final VocabularyLoss loss;
    private final RotaryTable rotary;

    /** Takes each intermediate result that a border wants to see; the tensors are gone when the call returns. */
    public interface Probe {
        /** Projected rows of own frames, [own frames * tokens per frame, D]. */
        void projected(Tensor projected);

        /** Hidden state of the tower's selected layer, [own frames * patches, C]. */
        void visionHidden(Tensor hidden);

        /** Logits of own tokens from row {@code firstRow} on. */
        void logits(int firstRow, Tensor logits);
    }

    public VlmModel(ModelConfig config, Weights weights, SessionOptions options) {
        this(config, weights, options, Arenas.REAL);
    }

    /** @param arenas where what the model itself keeps lies */
    VlmModel(ModelConfig config, Weights weights, SessionOptions options, Arenas arenas) {
        this.config = config;
        this.options = options;
        this.weights = weights;
        this.encoder = new FrameEncoder(config, weights, options.recompute().vision());
        this.decoder = new Decoder(config.llm(), weights, options.recompute());
        this.loss = new VocabularyLoss(config.llm(), weights);
        this.rotary = new RotaryTable(
                config.llm().headDim(), config.llm().ropeTheta(), config.llm().ropeScale(), arenas);
    }

    public ModelConfig config() {
        return config;
    }

    public RotaryTable rotary() {
        return rotary;
    }

    /** For one batch, all of whose frames are encoded: gradients as below, and the sum of its losses on this rank. */
    public double lossAndGradients(
            Workspace ws, Groups groups, ShardedBatch batch, float gradientScale, @Nullable Probe probe) {
        LossSum losses = new LossSum(options.precision().sums());
        lossAndGradients(ws, groups, batch, FrameEncoding.all(batch.ownFrames()), gradientScale, losses, probe);
        return losses.value();
    }

    /**
     * Adds the losses of own labelled rows; gradients of what trains accumulate, scaled by {@code gradientScale}.
     *
     * @param encoding which own frames are encoded
     * @param probe sees intermediate results; null for none
     */
    void lossAndGradients(
            Workspace ws,
            Groups groups,
            ShardedBatch batch,
            FrameEncoding encoding,
            float gradientScale,
            LossSum losses,
            @Nullable Probe probe) {
        rotary.ensure(batch.positionsEnd());
        boolean media = batch.layout().frames() > 0;
        // Other replicas may have frames where this one has none: their weights are gathered from all ranks.
        int rounds = weights.rounds(encodingRounds(batch, encoding));
        FrameEncoder.Encoded encoded = rounds > 0 ? encoder.forward(ws, batch.frames(), encoding, rounds - 1) : null;
        Tensor x = embed(ws, batch);
        Redistribution redistribution = new Redistribution(ws, groups.sequence(), batch.redistribution());
        if (encoded != null && media) {
            redistribution.forward(encoded.projected(), x);
        }
        SequenceAttention attention = attention(ws, groups, batch, false);
        Tensor dx = ws.step().allocate(x.rows(), x.columns());
        Decoder.Tape tape = decoder.forward(ws, x, attention, rotary, batch.positions());
        if (probe != null) {
            show(ws, probe, encoded, tape.finalNorm().y());
        }
        loss.lossAndGradient(ws, tape.finalNorm().y(), batch.labelledRows(), batch.labels(), gradientScale, dx, losses);
        decoder.backward(ws, tape, dx, attention);
        embedBackward(ws, batch, dx);
        if (encoded != null && (weights.trains(ParameterSpec.PROJECTOR) || weights.trains(ParameterSpec.VISION))) {
            Tensor dProjected = ws.step().allocate(encoded.projected().shape());
            if (media) {
                redistribution.backward(dx, dProjected);
            }
            encoder.backward(ws, encoded, dProjected);
        }
    }

    /** Rounds of a training pass in which frames take part: one for the projector, after those of a frozen tower; none without frames. */
    int encodingRounds(ShardedBatch batch, FrameEncoding encoding) {
        return batch.layout().frames() > 0 ? 1 + encoder.rounds(encoding) : 0;
    }

    /** What a training pass will encode of this rank's frames; a place in {@code kept} is claimed for what is new. */
    FrameEncoding encoding(ShardedBatch batch, FrozenFrames kept) {
        return encoder.encoding(batch.frames(), batch.ownFrames(), kept);
    }

    /** Own frames that an evaluation must encode, in the rounds in which it will: those that are not known. */
    public List<Span> unknownFrames(ShardedBatch batch, @Nullable EncodedFrames known) {
        return encoder.unknown(batch.frames(), batch.ownFrames(), known);
    }

    /**
     * Most likely token at each own labelled row, without gradients; only those rows of the last layer are computed.
     *
     * @param unknown own frames to be encoded
     * @param known has all others
     */
    public int[] answer(
            Workspace ws, Groups groups, ShardedBatch batch, List<Span> unknown, @Nullable EncodedFrames known) {
        rotary.ensure(batch.positionsEnd());
        Tensor x = embed(ws, batch);
        if (batch.layout().frames() > 0) {
            long mark = ws.step().mark();
            Tensor projected = encoder.infer(ws, batch.frames(), batch.ownFrames(), unknown, known);
            new Redistribution(ws, groups.sequence(), batch.redistribution()).forward(projected, x);
            ws.step().rewind(mark);
        }
        Tensor normed = decoder.infer(
                ws,
                x,
                attention(ws, groups, batch, false),
                attention(ws, groups, batch, true),
                rotary,
                batch.positions(),
                batch.labelledRows());
        return loss.argmax(ws, normed);
    }

    /**
     * A chunk of a sequence whose earlier tokens are cached: its keys and values go into the cache.
     *
     * @param offset token of the sequence that the chunk begins with
     * @param unknown own frames to be encoded: all of them, in rounds
     * @param attention of all layers but the last
     * @param last of the last layer, with {@code rows} as queries
     * @return normalised output of {@code rows}, [rows, D]
     */
    Tensor extend(
            Workspace ws,
            Groups groups,
            ShardedBatch chunk,
            int offset,
            List<Span> unknown,
            SequenceAttention attention,
            SequenceAttention last,
            int[] rows) {
        rotary.ensure(offset + chunk.layout().tokens());
        Tensor x = embed(ws, chunk);
        if (chunk.layout().frames() > 0) {
            long mark = ws.step().mark();
            Tensor projected = encoder.infer(ws, chunk.frames(), chunk.ownFrames(), unknown, null);
            new Redistribution(ws, groups.sequence(), chunk.redistribution()).forward(projected, x);
            ws.step().rewind(mark);
        }
        int[] positions =
                Arrays.stream(chunk.tokens()).map(token -> token + offset).toArray();
        return decoder.infer(ws, x, attention, last, rotary, positions, rows);
    }

    @Override
    public void close() {
        rotary.close();
    }

    /** @param labelledOnly whether just the labelled rows are queries */
    private SequenceAttention attention(Workspace ws, Groups groups, ShardedBatch batch, boolean labelledOnly) {
        HeadDims dims = HeadDims.of(config.llm().headDim());
        AttentionPlans plans = batch.attention();
        if (options.exactSums()) {
            return new ExactAttention(ws, plans.exact(labelledOnly), groups.sequence(), dims, options.exchangeType());
        }
        return new Attention2d(
                ws, plans.sharded(labelledOnly), groups.ulysses(), groups.ring(), dims, options.exchangeType());
    }

    /** Text rows of {@code x [T, D]}; rows of frames are undefined until the redistribution fills them. */
    private Tensor embed(Workspace ws, ShardedBatch batch) {
        Tensor x = ws.step().allocate(batch.tokens().length, config.llm().hiddenSize());
        int[] rows = textRows(batch);
        weights.use(Unit.EMBEDDING);
        long mark = ws.scratch().mark();
        Tensor text = ws.scratch().allocate(rows.length, x.columns());
        ws.kernels().rows().gather(weights.weight(embedding()), ids(batch, rows), text);
        ws.kernels().rows().scatter(text, rows, x);
        ws.scratch().rewind(mark);
        return x;
    }

    /** Also closes the head's unit, whether it is the embedding's or not. */
    private void embedBackward(Workspace ws, ShardedBatch batch, Tensor dx) {
        if (!config.llm().tieEmbeddings()) {
            weights.closeGradients(Unit.HEAD);
            weights.openGradients(Unit.EMBEDDING);
        }
        Tensor dEmbedding = weights.gradient(embedding());
        if (dEmbedding != null) {
            addTextRows(ws, batch, dx, dEmbedding);
        }
        weights.closeGradients(Unit.EMBEDDING);
    }

    private static void addTextRows(Workspace ws, ShardedBatch batch, Tensor dx, Tensor dEmbedding) {
        int[] rows = textRows(batch);
        long mark = ws.scratch().mark();
        Tensor dText = ws.scratch().allocate(rows.length, dx.columns());
        ws.kernels().rows().gather(dx, rows, dText);
        ws.kernels().rows().scatterAdd(dText, ids(batch, rows), dEmbedding);
        ws.scratch().rewind(mark);
    }

    /** Own rows of tokens that belong to no frame. */
    static int[] textRows(ShardedBatch batch) {
        return IntStream.range(0, batch.tokens().length)
                .filter(row -> batch.layout().tokenId()[batch.tokens()[row]] >= 0)
                .toArray();
    }

    private static int[] ids(ShardedBatch batch, int[] rows) {
        return Arrays.stream(rows)
                .map(row -> batch.layout().tokenId()[batch.tokens()[row]])
                .toArray();
    }

    private static String embedding() {
        return ParameterSpec.LLM + "model.embed_tokens.weight";
    }

    private void show(Workspace ws, Probe probe, FrameEncoder.@Nullable Encoded encoded, Tensor normed) {
        if (encoded != null) {
            probe.visionHidden(encoded.hidden());
            probe.projected(encoded.projected());
        }
        weights.use(Unit.head(config.llm()));
        int chunkRows = 256;
        for (int from = 0; from < normed.rows(); from += chunkRows) {
            long mark = ws.scratch().mark();
            probe.logits(from, loss.logits(ws, normed.slice(from, Math.min(normed.rows(), from + chunkRows))));
            ws.scratch().rewind(mark);
        }
    }
}

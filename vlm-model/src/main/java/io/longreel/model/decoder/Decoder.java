package io.longreel.model.decoder;

import io.longreel.config.RecomputeSettings;
import io.longreel.model.ModelConfig;
import io.longreel.model.attention.SequenceAttention;
import io.longreel.model.state.ParameterSpec;
import io.longreel.model.state.RmsNormLayer;
import io.longreel.model.state.Unit;
import io.longreel.model.state.Weights;
import io.longreel.model.state.Workspace;
import io.longreel.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The stack of Qwen2 layers and the final norm, over the token shard of one rank. Legend: T own tokens, D width. */
public final class Decoder {
    private final ModelConfig.Llm config;
    private final Weights weights;
    private final RecomputeSettings recompute;
    private final List<DecoderLayer> layers = new ArrayList<>();
    private final RmsNormLayer finalNorm;

    /**
     * What the backward pass needs.
     *
     * @param ends where the step arena stood before the first layer and after each
     */
    public record Tape(
            List<DecoderLayer.Kept> layers, List<Long> ends, DecoderLayer.Rotary rotary, RmsNormLayer.Tape finalNorm) {}

    /** @param recompute which layers' activations {@link #backward} computes again */
    public Decoder(ModelConfig.Llm config, Weights weights, RecomputeSettings recompute) {
        this.config = config;
        this.weights = weights;
        this.recompute = recompute;
        for (int layer = 0; layer < config.layers(); layer++) {
            layers.add(new DecoderLayer(config, weights, layer));
        }
        this.finalNorm = new RmsNormLayer(weights, ParameterSpec.LLM + "model.norm.weight", config.rmsNormEps());
    }

    /** Forward with what {@link #backward} needs kept; {@code tape.finalNorm().y()} is the normalised output, [T, D]. */
    public Tape forward(Workspace ws, Tensor x, SequenceAttention attention, RotaryTable table, int[] positions) {
        DecoderLayer.Rotary rotary = DecoderLayer.Rotary.of(ws, table, positions);
        List<DecoderLayer.Kept> kept = new ArrayList<>();
        List<Long> ends = new ArrayList<>(List.of(ws.step().mark()));
        Tensor hidden = x;
        for (int i = 0; i < layers.size(); i++) {
            DecoderLayer layer = layers.get(i);
            weights.use(layer.unit());
            DecoderLayer.Output output = recompute.covers(i)
                    ? layer.forwardForgetting(ws, hidden, attention, rotary, recompute.keepAttention())
                    : layer.forward(ws, hidden, attention, rotary);
            hidden = output.hidden();
            kept.add(output.kept());
            ends.add(ws.step().mark());
        }
        weights.use(Unit.FINAL_NORM);
        return new Tape(kept, ends, rotary, finalNorm.forward(ws, hidden));
    }

    /**
     * Turns the gradient of the normalised output into that of {@code x}, in place. What a layer kept is freed when it is done, and with it everything
     * that was allocated in the step arena since {@link #forward}: {@code dOutput} must be older.
     */
    public void backward(Workspace ws, Tape tape, Tensor dOutput, SequenceAttention attention) {
        weights.use(Unit.FINAL_NORM);
        weights.openGradients(Unit.FINAL_NORM);
        finalNorm.backward(ws, tape.finalNorm(), dOutput, dOutput);
        weights.closeGradients(Unit.FINAL_NORM);
        for (int i = layers.size() - 1; i >= 0; i--) {
            ws.step().rewind(tape.ends().get(i + 1));
            DecoderLayer layer = layers.get(i);
            weights.use(layer.unit());
            weights.openGradients(layer.unit());
            layer.backward(ws, tape.layers().get(i), dOutput, attention, tape.rotary());
            weights.closeGradients(layer.unit());
        }
        ws.step().rewind(tape.ends().getFirst());
    }

    /**
     * Forward without a tape, for some rows of the output only: {@code x} is overwritten, each layer's activations are freed when the next one starts,
     * and the last layer computes queries and MLP for {@code rows} alone.
     *
     * @param lastAttention 2D attention whose queries are just those rows
     * @return normalised output of {@code rows}, [rows, D]
     */
    public Tensor infer(
            Workspace ws,
            Tensor x,
            SequenceAttention attention,
            SequenceAttention lastAttention,
            RotaryTable table,
            int[] positions,
            int[] rows) {
        DecoderLayer.Rotary rotary = DecoderLayer.Rotary.of(ws, table, positions);
        int[] all = IntStream.range(0, x.rows()).toArray();
        Tensor output = ws.step().allocate(rows.length, config.hiddenSize());
        long mark = ws.step().mark();
        for (DecoderLayer layer : layers.subList(0, layers.size() - 1)) {
            weights.use(layer.unit());
            layer.infer(ws, x, attention, rotary, rotary, all);
            ws.step().rewind(mark);
        }
        int[] selected = IntStream.of(rows).map(row -> positions[row]).toArray();
        DecoderLayer.Rotary queries = DecoderLayer.Rotary.of(ws, table, selected);
        weights.use(layers.getLast().unit());
        Tensor hidden = layers.getLast().infer(ws, x, lastAttention, rotary, queries, rows);
        weights.use(Unit.FINAL_NORM);
        ws.kernels().elementwise().copy(finalNorm.forward(ws, hidden).y(), output);
        ws.step().rewind(mark);
        return output;
    }
}
